//! Refuses or notes ids and names of a wrangler config that nobody has filled in.
//!
//! **Invariant:** what is still to be substituted never counts as absent where it alone says what is bound: the run would make
//! a twin of what it stands for.

use super::{BindingCheck, BindingRefusal, RefusalBasis, problem_with};
use crate::events::Event;
use crate::project::unfilled::{Unfilled, of_name};
use crate::project::wrangler::{Binding, UnfilledField};

/// Refuses unsubstituted values, and notes those that count as absent.
pub(super) fn check(look: &BindingCheck, bindings: &[&Binding]) -> Result<(), Box<BindingRefusal>> {
    if let Some((binding, field)) =
        bindings.iter().find_map(|binding| Some((binding, unsubstituted(binding)?)))
    {
        return Err(refused(look, binding, field));
    }
    let counts = !look.run.session.place.is_local() && !look.run.info.is_on_any_account;
    if let Some(binding) = bindings.iter().find(|binding| counts && is_named_after_blank(binding)) {
        return Err(nameless(look, binding));
    }
    let blanks = bindings.iter().flat_map(|binding| binding.blanks.iter().map(move |blank| (binding, blank)));
    let said: Vec<String> = blanks.map(|(binding, field)| said(binding, field)).collect();
    if !said.is_empty() {
        let message = format!("counted as absent, since it is to be replaced: {}", said.join(", "));
        look.run.events.emit(Event::Log { message });
    }
    Ok(())
}

fn said(binding: &Binding, field: &UnfilledField) -> String {
    let text = match field.written.value.trim() {
        "" => "empty".to_owned(),
        text => format!("`{text}`"),
    };
    format!("`{}` of `{}` ({text}, {})", field.field, binding.binding, field.written.at)
}

/// The field that has to be substituted before it is known what is bound.
fn unsubstituted(binding: &Binding) -> Option<&UnfilledField> {
    let is_id = |field: &UnfilledField| binding.kind.id_field() == Some(field.field);
    let mut open = binding.blanks.iter().filter(|field| field.blank == Unfilled::Unsubstituted);
    // A name says what is bound, and so does an id.
    open.find(|field| if is_id(field) { binding.name.is_none() } else { binding.id.is_none() })
}

/// Whether what is bound would be named after a Worker that has no name yet.
fn is_named_after_blank(binding: &Binding) -> bool {
    let is_open = binding.name.is_none() && binding.id.is_none();
    is_open && binding.script.as_deref().is_some_and(|name| of_name(name).is_some())
}

fn nameless(look: &BindingCheck, binding: &Binding) -> Box<BindingRefusal> {
    let script = binding.script.as_deref().unwrap_or_default();
    let message = format!(
        "the Worker's name `{script}` is still to be replaced, and what `{}` binds would be named after it",
        binding.binding
    );
    let hint = format!(
        "render the file first, and run `larder` on what was rendered; or give the binding a name or id at {}; `--local{}` \
         needs none",
        binding.location,
        look.selected.env_flag()
    );
    Box::new(BindingRefusal { problem: problem_with(message, binding, hint), basis: RefusalBasis::Config })
}

fn refused(look: &BindingCheck, binding: &Binding, field: &UnfilledField) -> Box<BindingRefusal> {
    let (key, text) = (field.field, &field.written.value);
    let message = format!(
        "`{key}` of the binding `{}` is `{text}`, which is still to be substituted: what is bound is not known",
        binding.binding
    );
    let or_name = binding.kind.name_field().filter(|name| *name != key);
    let or_name = or_name.map(|name| format!("; or write its `{name}` beside it")).unwrap_or_default();
    let hint = format!(
        "it stands at {}: render the file first, and run `larder` on what was rendered{or_name}; `--local{}` needs no ids",
        field.written.at,
        look.selected.env_flag()
    );
    Box::new(BindingRefusal { problem: problem_with(message, binding, hint), basis: RefusalBasis::Config })
}
