//! Converts rows to JSON, in the order of the statement's columns.
//!
//! **Invariant:** the keys of a row stand in the order in which the statement names its columns (D1-6).

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The form in which rows leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFormat {
    /// `/query`: one object per row.
    Objects,
    /// `/raw`: the columns once, then one array per row.
    Arrays,
}

/// The `results` of one statement.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Results {
    Objects(Vec<Row>),
    Arrays { columns: Vec<String>, rows: Vec<Vec<Value>> },
}

impl RowFormat {
    /// The rows of one statement.
    pub(super) fn results(self, columns: Vec<String>, rows: Vec<Vec<Value>>) -> Results {
        match self {
            RowFormat::Objects => {
                Results::Objects(rows.into_iter().map(|row| Row::new(&columns, row)).collect())
            }
            RowFormat::Arrays => Results::Arrays { columns, rows },
        }
    }
}

/// One row by column. Of several columns with one name it has the first's place and the last's value, as an object of
/// JavaScript has.
pub(super) struct Row(Vec<(String, Value)>);

impl Row {
    fn new(columns: &[String], values: Vec<Value>) -> Self {
        let mut row: Vec<(String, Value)> = Vec::with_capacity(columns.len());
        for (column, value) in columns.iter().zip(values) {
            match row.iter_mut().find(|(known, _)| known == column) {
                Some((_, earlier)) => *earlier = value,
                None => row.push((column.clone(), value)),
            }
        }
        Row(row)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_keep_their_order_and_a_name_its_last_value() {
        let text = |shape: RowFormat| {
            let columns = ["b", "a", "b"].map(str::to_owned).to_vec();
            serde_json::to_string(&shape.results(columns, vec![vec![json!(1), json!(2), json!(3)]])).unwrap()
        };
        assert_eq!(text(RowFormat::Objects), r#"[{"b":3,"a":2}]"#);
        assert_eq!(text(RowFormat::Arrays), r#"{"columns":["b","a","b"],"rows":[[1,2,3]]}"#);
    }
}
