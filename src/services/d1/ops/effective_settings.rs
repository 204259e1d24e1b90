//! Merges the migration settings of a call with those of the project. With two ledgers, everything would be applied
//! twice.

use crate::op::{Call, Context, DeclaredLedger, Failure, HandleOrId};
use crate::services::d1::migrations::DatabaseFlags;
use crate::system::plain;
use std::borrow::Cow;
use std::path::Path;

/// What a call of `migrate` says.
pub(super) struct RequestedSettings<'a> {
    pub folder: &'a str,
    pub pattern: Option<&'a str>,
    pub table: Option<&'a str>,
}

/// The settings that count.
pub(super) struct EffectiveSettings<'a> {
    pub folder: &'a str,
    pub pattern: Option<Cow<'a, str>>,
    pub table: Option<Cow<'a, str>>,
}

/// The call's own settings, completed by the project's; a call that says otherwise is refused. Another folder may have a
/// ledger of its own, as seeds do.
pub(super) fn agreed<'a>(
    call: &Call,
    asked: RequestedSettings<'a>,
) -> Result<EffectiveSettings<'a>, Failure> {
    let RequestedSettings { folder, pattern, table } = asked;
    let as_asked =
        EffectiveSettings { folder, pattern: pattern.map(Cow::Borrowed), table: table.map(Cow::Borrowed) };
    let Some(declared) = declared(call) else { return Ok(as_asked) };
    let is_same = declared.folder.as_ref().is_none_or(|known| is_one_folder(&call.context, known, folder));
    let has_own_table = table.is_some_and(|table| table != declared.table);
    if !is_same && has_own_table {
        return Ok(as_asked);
    }
    if let Some(known) = declared.folder.as_ref().filter(|_| !is_same && declared.is_folder_written) {
        let message = format!(
            "the migrations of this database are in `{known}`, not in `{folder}`: {}",
            declared.said_by
        );
        return Err(refused(message, "migrate from that folder, or name this one there"));
    }
    if let Some(table) = table.filter(|_| has_own_table) {
        let known = &declared.table;
        let message =
            format!("the ledger of this database is `{known}`, not `{table}`: {}", declared.said_by);
        let hint = "leave `table` out; where the database has the other table already, name that one there: in a second ledger, everything would be applied again";
        return Err(refused(message, hint));
    }
    let (known, tidy) =
        (declared.pattern.as_deref(), |pattern: &str| pattern.trim_start_matches("./").to_owned());
    if let (Some(known), Some(pattern)) = (known, pattern)
        && is_same
        && tidy(known) != tidy(pattern)
    {
        let message =
            format!("the migrations of this database match `{known}`, not `{pattern}`: {}", declared.said_by);
        return Err(refused(message, "leave `pattern` out, or write the same in both"));
    }
    let known = known.filter(|_| is_same).map(|known| Cow::Owned(known.to_owned()));
    Ok(EffectiveSettings {
        folder,
        pattern: as_asked.pattern.or(known),
        table: Some(Cow::Owned(declared.table.clone())),
    })
}

/// How a command line means the database of a call.
pub(super) fn reach(call: &Call) -> DatabaseFlags {
    DatabaseFlags::of(
        call.context.run_environment.get(),
        call.logical.as_deref(),
        name(call).unwrap_or_default(),
    )
}

fn name(call: &Call) -> Option<&str> {
    Some(match call.receiver.as_ref()? {
        HandleOrId::Handle(pending) => &pending.key.name,
        HandleOrId::Id(id) => id,
    })
}

fn declared(call: &Call) -> Option<&DeclaredLedger> {
    let name = name(call)?;
    let ledgers = &call.context.run_environment.get()?.ledgers;
    ledgers.iter().find(|ledger| ledger.is_of(call.logical.as_deref(), name))
}

fn is_one_folder(context: &Context, one: &str, other: &str) -> bool {
    let real = |path: &str| context.root.resolve(path).ok();
    plain(Path::new(one)) == plain(Path::new(other))
        || real(one).is_some_and(|found| real(other) == Some(found))
}

fn refused(message: String, hint: &str) -> Failure {
    Failure::refused_with_hint("migration", message, hint)
}
