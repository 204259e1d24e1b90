//! Tables that are equal although written differently, and tables that are not.

use super::*;

fn lacks(made: &str, live: &str) -> Vec<String> {
    let read = |sql: &str| {
        let (table, indexes) = sql.split_once(';').unwrap_or((sql, ""));
        Structure::read(table, [indexes]).unwrap()
    };
    let words = |lack: MissingPart| match lack {
        MissingPart::Column(name) => format!("no column {name}"),
        MissingPart::Other(words) => words,
    };
    read(made).lacked_by(&read(live), "t").into_iter().map(words).collect()
}

#[test]
fn one_table_may_be_written_in_many_ways() {
    for (made, live) in [
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            "CREATE TABLE `T` (\n\t`ID` integer NOT NULL, PRIMARY KEY (`id`))",
        ),
        ("CREATE TABLE t (a VARCHAR(10), b)", "CREATE TABLE t (b, extra, a varchar (10))"),
        ("CREATE TABLE t (a TEXT UNIQUE)", "CREATE TABLE t (a TEXT); CREATE UNIQUE INDEX i ON t (a)"),
        (
            "CREATE TABLE t (a TEXT DEFAULT CURRENT_TIMESTAMP)",
            "CREATE TABLE t (a TEXT DEFAULT (current_timestamp))",
        ),
        ("CREATE TABLE t (a INTEGER DEFAULT false)", "CREATE TABLE t (a INTEGER DEFAULT 0)"),
        ("CREATE TABLE t (a CHECK (a > 0))", "CREATE TABLE t (a, CONSTRAINT positive CHECK (\"A\">0))"),
        (
            "CREATE TABLE t (a REFERENCES p ON DELETE CASCADE)",
            "CREATE TABLE t (a, CONSTRAINT k FOREIGN KEY (`a`) REFERENCES `P` (`id`) ON UPDATE no action ON DELETE cascade)",
        ),
        ("CREATE TABLE t (a TEXT COLLATE BINARY)", "CREATE TABLE t (a TEXT)"),
        ("CREATE TABLE t (a, b AS (a + 1))", "CREATE TABLE t (a, b GENERATED ALWAYS AS (`a`+1) VIRTUAL)"),
        ("CREATE TABLE t (a UNIQUE ON CONFLICT ABORT)", "CREATE TABLE t (a UNIQUE)"),
        (
            "CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE, b INTEGER PRIMARY KEY ON CONFLICT REPLACE)",
            "CREATE TABLE t (a, b INTEGER, PRIMARY KEY (\"B\") ON CONFLICT replace, CONSTRAINT u UNIQUE (a) ON CONFLICT IGNORE)",
        ),
        (
            "CREATE TABLE t (a REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
        ),
        (
            "CREATE TABLE t (a REFERENCES p (id) NOT DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE t (a REFERENCES p (id) DEFERRABLE INITIALLY IMMEDIATE)",
        ),
        ("CREATE TABLE t (a CHECK (a IN ('x', 'Y')))", "CREATE TABLE t (a CHECK(a in ('x','Y')))"),
    ] {
        assert_eq!(lacks(made, live), Vec::<String>::new(), "{made} / {live}");
    }
}

#[test]
fn what_is_missing_or_otherwise_is_named() {
    for (made, live, expected) in [
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a)", "no column b"),
        (
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a)",
            "the column `t.a` is without a type and not `TEXT`",
        ),
        (
            "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x')",
            "CREATE TABLE t (a TEXT)",
            "the column `t.a` is `TEXT` and not `TEXT NOT NULL DEFAULT 'x'`",
        ),
        (
            "CREATE TABLE t (a TEXT COLLATE NOCASE)",
            "CREATE TABLE t (a TEXT)",
            "the column `t.a` is `TEXT` and not `TEXT COLLATE NOCASE`",
        ),
        (
            "CREATE TABLE t (a, b AS (a + 1))",
            "CREATE TABLE t (a, b AS (a + 2))",
            "the column `t.b` is `AS (a + 2)` and not `AS (a + 1)`",
        ),
        (
            "CREATE TABLE t (a, b, PRIMARY KEY (a, b))",
            "CREATE TABLE t (a, b, PRIMARY KEY (b, a))",
            "the primary key of `t` is (b, a) and not (a, b)",
        ),
        (
            "CREATE TABLE t (a, b, UNIQUE (a, b))",
            "CREATE TABLE t (a UNIQUE, b)",
            "`t` has no `UNIQUE (a, b)`",
        ),
        (
            "CREATE TABLE t (a UNIQUE)",
            "CREATE TABLE t (a); CREATE UNIQUE INDEX i ON t (a) WHERE a > 1",
            "`t` has no `UNIQUE (a)`",
        ),
        (
            "CREATE TABLE t (a REFERENCES p (id) ON DELETE CASCADE)",
            "CREATE TABLE t (a REFERENCES p (id))",
            "`t` has no `FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE`",
        ),
        (
            "CREATE TABLE t (a CHECK (a > 0))",
            "CREATE TABLE t (a CHECK (a > 1))",
            "`t` has no `CHECK (a > 0)`",
        ),
        (
            "CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE)",
            "CREATE TABLE t (a UNIQUE)",
            "`t` has no `UNIQUE (a) ON CONFLICT IGNORE`",
        ),
        (
            "CREATE TABLE t (a, b, UNIQUE (a, b))",
            "CREATE TABLE t (a, b, UNIQUE (a COLLATE NOCASE, b DESC) ON CONFLICT REPLACE)",
            "`t` has `UNIQUE (a, b) ON CONFLICT REPLACE`",
        ),
        (
            "CREATE TABLE t (a NOT NULL ON CONFLICT REPLACE DEFAULT 1)",
            "CREATE TABLE t (a NOT NULL DEFAULT 1)",
            "`t` has no `NOT NULL (a) ON CONFLICT REPLACE`",
        ),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT REPLACE)",
            "`t` has `PRIMARY KEY (a) ON CONFLICT REPLACE`",
        ),
        (
            "CREATE TABLE t (a, b, CONSTRAINT k FOREIGN KEY (a, b) REFERENCES p (x, y) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE t (a, b, FOREIGN KEY (a, b) REFERENCES p (x, y))",
            "`t` has no `FOREIGN KEY (a, b) DEFERRABLE INITIALLY DEFERRED`",
        ),
        (
            "CREATE TABLE t (a, b AS (a + 1))",
            "CREATE TABLE t (a, b AS (a + 1) STORED)",
            "the column `t.b` is `AS (a + 1) STORED` and not `AS (a + 1)`",
        ),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY DESC)",
            "the column `t.a` is `INTEGER PRIMARY KEY DESC` and not `INTEGER`",
        ),
        ("CREATE TABLE t (a TEXT) STRICT", "CREATE TABLE t (a TEXT)", "`t` is not `STRICT`"),
        (
            "CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL)",
            "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID",
            "`t` is `WITHOUT ROWID`",
        ),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY)",
            "`t` is not `AUTOINCREMENT`",
        ),
    ] {
        assert_eq!(lacks(made, live), [expected], "{made} / {live}");
    }
}

/// Both ways round: the files may be written like the one or like the other.
#[test]
fn equal_columns_keys_and_defaults_are_told_of_in_neither_direction() {
    let column = |words: &str| format!("CREATE TABLE t (a, c {words})");
    for (one, other) in [
        ("TEXT DEFAULT NULL", "TEXT"),
        ("TEXT DEFAULT (NULL)", "TEXT"),
        ("INT DEFAULT +1", "INT DEFAULT 1"),
        ("INT DEFAULT (1)", "INT DEFAULT 1"),
        ("INT DEFAULT ((1))", "INT DEFAULT '1'"),
        ("INT DEFAULT 0x10", "INT DEFAULT 16"),
        ("REAL DEFAULT 1e0", "REAL DEFAULT 1.0"),
        ("REAL DEFAULT 1", "REAL DEFAULT 1.0"),
        ("TEXT DEFAULT \"x\"", "TEXT DEFAULT 'x'"),
        ("TEXT DEFAULT x", "TEXT DEFAULT 'x'"),
        ("INT DEFAULT TRUE", "INT DEFAULT 1"),
        ("TEXT DEFAULT current_timestamp", "TEXT DEFAULT CURRENT_TIMESTAMP"),
        ("TEXT DEFAULT (( Datetime('now') ))", "TEXT DEFAULT (datetime('now'))"),
        ("BLOB DEFAULT x'ab'", "BLOB DEFAULT X'AB'"),
        ("INT AS ((a+1))", "INT AS (a + 1)"),
        ("INT COLLATE nocase AS (a)", "INT AS (a) COLLATE NOCASE"),
        ("TEXT COLLATE nocase", "text collate NOCASE"),
        ("VARCHAR (255)", "varchar(255)"),
        ("INT NOT NULL DEFAULT 1", "INT DEFAULT 1 NOT NULL"),
        ("INT CHECK ((c<>1))", "INT CHECK (c != 1)"),
        ("INT UNIQUE", "INT, UNIQUE (c)"),
        ("INTEGER PRIMARY KEY UNIQUE", "INTEGER PRIMARY KEY"),
        (
            "INT REFERENCES p (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
            "INT, FOREIGN KEY (c) REFERENCES p (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
        ),
        (
            "INT CONSTRAINT k REFERENCES p (id) ON UPDATE SET NULL NOT NULL DEFERRABLE INITIALLY DEFERRED",
            "INT NOT NULL, CONSTRAINT k FOREIGN KEY (c) REFERENCES p (id) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED",
        ),
        ("INT, \"key\" INT, UNIQUE (key) ON CONFLICT IGNORE", "INT, key INT UNIQUE ON CONFLICT IGNORE"),
    ] {
        let (one, other) = (column(one), column(other));
        assert_eq!(lacks(&one, &other), Vec::<String>::new(), "{one} / {other}");
        assert_eq!(lacks(&other, &one), Vec::<String>::new(), "{other} / {one}");
    }
}

#[test]
fn other_defaults_and_a_lost_deferral_are_told() {
    let column = |words: &str| format!("CREATE TABLE t (a, c {words})");
    for (made, live, expected) in [
        (
            "TEXT DEFAULT 1",
            "TEXT DEFAULT 1.0",
            "the column `t.c` is `TEXT DEFAULT '1.0'` and not `TEXT DEFAULT '1'`",
        ),
        (
            "TEXT DEFAULT 'x'",
            "TEXT DEFAULT 'X'",
            "the column `t.c` is `TEXT DEFAULT 'X'` and not `TEXT DEFAULT 'x'`",
        ),
        ("TEXT DEFAULT ''", "TEXT", "the column `t.c` is `TEXT` and not `TEXT DEFAULT ''`"),
        (
            "INT AS ((a + 1) * 2)",
            "INT AS (a + 1 * 2)",
            "the column `t.c` is `INT AS (a + 1 * 2)` and not `INT AS (( a + 1 ) * 2)`",
        ),
        (
            "INT REFERENCES p (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
            "INT, FOREIGN KEY (c) REFERENCES p (id) ON DELETE SET NULL",
            "`t` has no `FOREIGN KEY (c) DEFERRABLE INITIALLY DEFERRED`",
        ),
    ] {
        assert_eq!(lacks(&column(made), &column(live)), [expected], "{made} / {live}");
    }
}
