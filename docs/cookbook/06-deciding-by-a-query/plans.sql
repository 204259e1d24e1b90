INSERT INTO plans (name, price) VALUES ('free', 0), ('team', 20);
