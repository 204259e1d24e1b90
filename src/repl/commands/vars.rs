//! `:vars`: the variables of the session.

use super::entry::{Argument, Command, CommandReply};
use crate::escape::escape;
use crate::op::Value;
use crate::script::check::InferredValue;
use crate::script::convert::value_of;

pub(super) const COMMAND: Command = Command {
    name: "vars",
    short: &["v"],
    usage: "",
    argument: Argument::Nothing,
    summary: "the variables, with their types and what they hold",
    about: "",
    run: |exploration, _| {
        let types = exploration.session().variables().into_iter().map(|(_, value)| match value_of(&value) {
            Value::Secret(_) => "secret".to_owned(),
            value => InferredValue::of_value(&value).text(),
        });
        let rows: Vec<(String, String, String)> = exploration
            .variables()
            .into_iter()
            .zip(types)
            .map(|((name, first), kind)| (name, kind, first))
            .collect();
        let width = |cell: fn(&(String, String, String)) -> &str| {
            rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default()
        };
        let (names, kinds) = (width(|row| &row.0), width(|row| &row.1));
        let line = |(name, kind, first): &(String, String, String)| {
            format!("{}\n", format!("{name:<names$}  {kind:<kinds$}  {}", escape(first)).trim_end())
        };
        Ok(CommandReply::data(rows.iter().map(line).collect()))
    },
};
