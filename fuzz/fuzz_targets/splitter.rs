#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::services::d1::migrations::sql::fuzz::splitter(text));
