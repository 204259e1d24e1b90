//! Warnings of a schema that is not the one of the applied files.

use super::fake::Fake;
use crate::op::Mode;

const T: (&str, &str) = ("1_t.sql", "CREATE TABLE t (a, b, c, d, e);");

/// What a run with nothing to apply warns of, after somebody has changed the schema.
fn warned(by_hand: &str) -> Vec<String> {
    let fake = Fake::new(&[T]);
    fake.migrate().unwrap();
    fake.run_sql(by_hand).unwrap();
    fake.told();
    assert_eq!(fake.migrate().unwrap().action, None);
    fake.told()
}

fn without(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("ALTER TABLE t DROP COLUMN {column};")).collect::<Vec<_>>().concat()
}

#[test]
fn at_most_three_differences_are_named() {
    assert_eq!(warned("SELECT 1"), [""; 0]);
    let missing = |columns: &[&str]| {
        columns
            .iter()
            .map(|column| format!("the column `t.{column}` is missing"))
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (columns, named) in [
        (&["b"][..], missing(&["b"])),
        (&["b", "c", "d"], missing(&["b", "c", "d"])),
        (&["b", "c", "d", "e"], missing(&["b", "c", "d"]) + "; and 1 more"),
    ] {
        let message = format!(
            "the schema of `jobs` is not what its applied migrations give: {named} (`larder migrations status`)"
        );
        assert_eq!(warned(&without(columns)), [message]);
    }
}

#[test]
fn a_pending_file_that_stops_a_new_database_is_named() {
    let fake = Fake::new(&[T]);
    fake.migrate().unwrap();
    fake.run_sql("ALTER TABLE t ADD COLUMN z").unwrap();
    fake.write("2.sql", "CREATE INDEX i ON t (z)");
    fake.told();
    fake.migrate_as(Mode::Plan, "01J").unwrap();
    assert_eq!(
        fake.told(),
        [
            "the schema of `jobs` is not what its applied migrations give: the column `t.z` is in none of the files \
             (`larder migrations status`)",
            "a new database, as `larder check` makes one, stops at `2.sql`, which is pending: no such column: z; write it \
             for both, with `IF NOT EXISTS` or `DROP INDEX IF EXISTS` before `CREATE INDEX`; leave a column out of it, and \
             add it by hand"
        ]
    );
}
