mod faults;
mod lab;
mod main_job;
mod project;
mod startup;
mod traffic;
