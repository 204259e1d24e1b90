mod faults;
mod lab;
mod startup;
mod traffic;
