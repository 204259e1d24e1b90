#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| larder::http::fuzz::paging(text));
