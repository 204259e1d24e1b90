#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::migrations::fuzz::splitter(text));
