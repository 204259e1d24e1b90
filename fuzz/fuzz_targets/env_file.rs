#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::project::fuzz::env_file(text));
