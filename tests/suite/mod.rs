mod startup;
mod traffic;
