#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::secret::fuzz::redactor(text));
