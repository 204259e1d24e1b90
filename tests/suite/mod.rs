mod faults;
mod lab;
mod main_job;
mod op_examples;
mod project;
mod startup;
mod traffic;
