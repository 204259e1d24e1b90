#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::script::fuzz::recipe(text));
