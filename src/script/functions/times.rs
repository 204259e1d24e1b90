//! Time functions: the start of the run, and date arithmetic. A time is a string like `2026-01-31T12:00:00Z`, in
//! UTC with whole seconds, so that strings sort as times do.

use super::Function;
use super::call::Call;
use crate::op::OptionMap;
use crate::project::did_you_mean;
use crate::script::builtins::Builtin;
use crate::script::host::Outcome;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rhai::Dynamic;
use schemars::JsonSchema;
use serde::Deserialize;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        builtin: Builtin {
            name: "time::now",
            forms: &[&[]],
            summary: "The start of the run, such as `2026-01-31T12:00:00Z`: the same wherever it is asked, and that of the plan where one is applied. `<` and `>` compare moments.",
        },
        example: "time::now()",
        result: r#""2026-01-01T00:00:00Z""#,
        run: |call| Ok(shown(call.host.scheduler().context().run.now).into()),
    },
    Function {
        builtin: Builtin {
            name: "time::parse",
            forms: &[&["text: string"], &["text: string", "format: string"]],
            summary: "The moment of a text in RFC 3339 (UTC where it names no offset), or in a format of `strftime`.",
        },
        example: r#"[time::parse("2026-01-31 13:30:00+02:00"), time::parse("31.1.2026", "%d.%m.%Y")]"#,
        result: r#"["2026-01-31T11:30:00Z", "2026-01-31T00:00:00Z"]"#,
        run: parse,
    },
    Function {
        builtin: Builtin {
            name: "time::format",
            forms: &[&["time: string", "format: string"]],
            summary: "A moment in a format of `strftime`, in UTC.",
        },
        example: r#"time::format("2026-01-31T12:00:00Z", "%Y-%m-%d (%a)")"#,
        result: r#""2026-01-31 (Sat)""#,
        run: format,
    },
    Function {
        builtin: Builtin {
            name: "time::add",
            forms: &[&["time: string", "span: map"]],
            summary: "The moment so many `years`, `months`, `weeks`, `days`, `hours`, `minutes` and `seconds` later; before it, where they are negative.",
        },
        example: r#"time::add("2026-01-31", #{ months: 1, hours: -12 })"#,
        result: r#""2026-02-27T12:00:00Z""#,
        run: add,
    },
    Function {
        builtin: Builtin {
            name: "time::difference",
            forms: &[&["from: string", "to: string"], &["from: string", "to: string", "unit: string"]],
            summary: "The whole `seconds`, `minutes`, `hours`, `days` or `weeks` from one moment to another, seconds where no unit is named; negative where the second is earlier.",
        },
        example: r#"time::difference("2026-01-01", "2026-03-01T12:00:00Z", "days")"#,
        result: "59",
        run: difference,
    },
    Function {
        builtin: Builtin {
            name: "time::compare",
            forms: &[&["one: string", "other: string"]],
            summary: "-1, 0 or 1: the first moment is earlier, the same or later, however both are written.",
        },
        example: r#"time::compare("2026-01-01", "2026-01-01T00:00:00+01:00")"#,
        result: "1",
        run: compare,
    },
    Function {
        builtin: Builtin {
            name: "time::unix",
            forms: &[&["time: string"]],
            summary: "A moment in seconds since 1970, as the expiration of a key is given.",
        },
        example: r#"time::unix("2026-01-01")"#,
        result: "1767225600",
        run: |call| Ok(moment(call, 0)?.as_second().into()),
    },
    Function {
        builtin: Builtin {
            name: "time::from_unix",
            forms: &[&["seconds: int"]],
            summary: "The moment so many seconds after the beginning of 1970.",
        },
        example: "time::from_unix(1767225600)",
        result: r#""2026-01-01T00:00:00Z""#,
        run: from_unix,
    },
];

/// As recipes have a moment.
fn shown(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A moment, as any of the functions gives it, or as others write it.
fn moment(call: &Call, index: usize) -> Outcome<Timestamp> {
    let text = call.known(index)?;
    let civil = || text.parse::<DateTime>().ok().and_then(in_utc);
    text.parse::<Timestamp>().ok().or_else(civil).ok_or_else(|| {
        let hint = "write `2026-01-31` or `2026-01-31T12:00:00Z`, or read another form with `time::parse(text, format)`";
        call.refuse_with_hint(index, format!("`{text}` is no date or time"), hint)
    })
}

fn in_utc(civil: DateTime) -> Option<Timestamp> {
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn parse(call: &Call) -> Outcome<Dynamic> {
    if call.count() == 1 {
        return Ok(shown(moment(call, 0)?).into());
    }
    let (text, format) = (call.known(0)?, call.text(1));
    let read = strtime::parse(&format, &text)
        .map_err(|error| call.refuse(0, format!("`{text}` can't be read as `{format}`: {error}")))?;
    let civil = || read.to_datetime().or_else(|_| read.to_date().map(DateTime::from)).ok().and_then(in_utc);
    let found = read.to_timestamp().ok().or_else(civil);
    let found =
        found.ok_or_else(|| call.refuse(1, format!("`{format}` leaves the year, month or day open")))?;
    Ok(shown(found).into())
}

fn format(call: &Call) -> Outcome<Dynamic> {
    let moment = moment(call, 0)?.to_zoned(TimeZone::UTC);
    let format = call.text(1);
    let text = strtime::format(&format, &moment);
    call.sized(text.map_err(|error| call.refuse(1, format!("`{format}` is no format: {error}")))?)
}

/// How much is added.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct Added {
    /// Calendar years.
    #[serde(default)]
    years: i64,
    /// Calendar months; the last day of a shorter one stands for the days that it does not have.
    #[serde(default)]
    months: i64,
    /// Weeks.
    #[serde(default)]
    weeks: i64,
    /// Days of 24 hours, as all of UTC are.
    #[serde(default)]
    days: i64,
    /// Hours.
    #[serde(default)]
    hours: i64,
    /// Minutes.
    #[serde(default)]
    minutes: i64,
    /// Seconds.
    #[serde(default)]
    seconds: i64,
}

impl OptionMap for Added {}

impl Added {
    /// The moment that much later; units of different signs one after the other, the largest first.
    fn after(&self, moment: Timestamp) -> Result<Timestamp, jiff::Error> {
        let spans = [
            Span::new().try_years(self.years)?,
            Span::new().try_months(self.months)?,
            Span::new().try_weeks(self.weeks)?,
            Span::new().try_days(self.days)?,
            Span::new().try_hours(self.hours)?,
            Span::new().try_minutes(self.minutes)?,
            Span::new().try_seconds(self.seconds)?,
        ];
        let mut at = moment.to_zoned(TimeZone::UTC);
        for span in spans {
            at = at.checked_add(span)?;
        }
        Ok(at.timestamp())
    }
}

fn add(call: &Call) -> Outcome<Dynamic> {
    let moment = moment(call, 0)?;
    let added: Added = call.options(1)?;
    let later =
        added.after(moment).map_err(|_| call.refuse(1, "it leads out of the years that a date can have"))?;
    Ok(shown(later).into())
}

/// Seconds of each unit of `time::difference`.
const UNITS: [(&str, i64); 5] =
    [("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86_400), ("weeks", 604_800)];

fn difference(call: &Call) -> Outcome<Dynamic> {
    let seconds = moment(call, 1)?.duration_since(moment(call, 0)?).as_secs();
    if call.count() == 2 {
        return Ok(seconds.into());
    }
    let unit = call.text(2);
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let (_, length) = found.ok_or_else(|| {
        let names = UNITS.map(|(name, _)| name);
        let near = did_you_mean(&unit, names).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| format!("there are: {}", names.join(", ")));
        call.refuse_with_hint(2, format!("there is no unit `{unit}`"), &hint)
    })?;
    Ok((seconds / length).into())
}

fn compare(call: &Call) -> Outcome<Dynamic> {
    let order = moment(call, 0)?.cmp(&moment(call, 1)?);
    Ok(match order {
        Ordering::Less => -1_i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
    .into())
}

fn from_unix(call: &Call) -> Outcome<Dynamic> {
    let moment = Timestamp::from_second(call.int(0));
    Ok(shown(moment.map_err(|_| call.refuse(0, "it leads out of the years that a date can have"))?).into())
}
