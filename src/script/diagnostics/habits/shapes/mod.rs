//! Forms of other languages that are more than a word.

mod blocks;
mod literals;
mod operators;

use super::HabitHint;
use super::token_window::TokenWindow;
pub(super) use operators::comprehension;

/// All of them; the more special ones come first.
const SHAPES: &[fn(&TokenWindow) -> Option<HabitHint>] = &[
    literals::comment,
    literals::single_quotes,
    literals::prefixed_text,
    literals::long_text,
    operators::arrow,
    blocks::block_of_words,
    blocks::step_of_one,
    operators::question,
    operators::ternary,
    operators::comprehension,
    blocks::for_head,
    blocks::if_let,
    blocks::import,
    operators::conversion,
    operators::named_argument,
    blocks::block,
    literals::map_entry,
    blocks::declaration,
    literals::slice,
    literals::spread,
    literals::dollar,
    operators::macro_call,
    operators::operator,
    operators::reference,
    blocks::undeclared,
];

pub(super) fn meant(near: &TokenWindow) -> Option<HabitHint> {
    SHAPES.iter().find_map(|shape| shape(near))
}
