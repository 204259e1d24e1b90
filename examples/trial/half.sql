CREATE TABLE half_import (x);
INSERT INTO half_import VALUES (nope);
