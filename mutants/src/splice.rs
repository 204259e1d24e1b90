//! Puts every mutant of a file into its text, each behind a switch of its own.

use crate::mutant::{Change, Mutant};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// A file with switches, and where each mutant stands in it.
#[derive(Debug, Default)]
pub struct Spliced {
    pub text: String,
    pub places: Vec<Place>,
}

/// Where a mutant stands, in bytes of the text with switches.
#[derive(Debug)]
pub struct Place {
    /// Its number.
    pub mutant: usize,
    /// Its own text.
    pub own: Range<usize>,
    /// All that its switch stands around.
    pub around: Range<usize>,
}

/// Text that is put in at a place, and the mutant that it is of.
struct Piece {
    text: String,
    mutant: Option<usize>,
}

/// All changes of one place.
struct Group {
    span: Range<usize>,
    opening: Vec<Piece>,
    closing: String,
}

/// Each mutant comes with its number. Spans are the same, apart, or one inside the other.
pub fn splice(source: &str, mutants: &[(usize, &Mutant)]) -> Spliced {
    let mut groups: BTreeMap<Order, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants {
        groups.entry(order_of(mutant)).or_default().push((*number, mutant));
    }
    let groups: Vec<Group> = groups.into_values().map(|mutants| group(&mutants)).collect();
    write(source, groups)
}

/// Where it begins, what ends last, and what stands around what.
type Order = (usize, Reverse<usize>, u8);

fn order_of(mutant: &Mutant) -> Order {
    let rank = match mutant.change {
        // What is left out as a whole stands around what is replaced.
        Change::Dropped => 0,
        Change::Instead(_) => 1,
        Change::Returns(_) | Change::ArmSkipped | Change::NeverMatches => 2,
    };
    (mutant.span.start, Reverse(mutant.span.end), rank)
}

fn switch(number: usize) -> String {
    format!("crate::mutant::on({number})")
}

fn group(mutants: &[(usize, &Mutant)]) -> Group {
    let span = mutants[0].1.span.clone();
    let mut opening = Vec::new();
    let mut closing = String::new();
    for (number, mutant) in mutants {
        let (text, close) = match &mutant.change {
            Change::Instead(text) => (format!("if {} {{ {text} }} else ", switch(*number)), ""),
            Change::Dropped => (format!("if !{} {{ ", switch(*number)), " }"),
            Change::Returns(text) => (format!(" if {} {{ return {text}; }} ", switch(*number)), ""),
            Change::ArmSkipped => (format!(" if !{}", switch(*number)), ""),
            Change::NeverMatches => (format!("!{} && ", switch(*number)), ""),
        };
        opening.push(Piece { text, mutant: Some(*number) });
        closing.push_str(close);
    }
    if matches!(mutants[0].1.change, Change::Instead(_)) {
        opening.insert(0, Piece { text: "(".into(), mutant: None });
        opening.push(Piece { text: "{ ".into(), mutant: None });
        closing.push_str(" })");
    }
    Group { span, opening, closing }
}

/// A group whose end has not come yet.
struct Open {
    end: usize,
    closing: String,
    /// Where it begins in the text with switches.
    begun: usize,
    /// Its mutants, and their own text there.
    own: Vec<(usize, Range<usize>)>,
}

fn write(source: &str, groups: Vec<Group>) -> Spliced {
    let mut spliced = Spliced::default();
    let mut copied = 0;
    let mut open: Vec<Open> = Vec::new();
    for group in groups {
        close_before(source, group.span.start, &mut open, &mut spliced, &mut copied);
        spliced.text.push_str(&source[copied..group.span.start]);
        copied = group.span.start;
        let begun = spliced.text.len();
        let mut own = Vec::new();
        for piece in group.opening {
            let from = spliced.text.len();
            spliced.text.push_str(&piece.text);
            own.extend(piece.mutant.map(|number| (number, from..spliced.text.len())));
        }
        open.push(Open { end: group.span.end, closing: group.closing, begun, own });
    }
    close_before(source, usize::MAX, &mut open, &mut spliced, &mut copied);
    spliced.text.push_str(&source[copied..]);
    spliced
}

/// Closes what ends at or before `place`, the innermost first. What begins where it ends itself is no end.
fn close_before(source: &str, place: usize, open: &mut Vec<Open>, spliced: &mut Spliced, copied: &mut usize) {
    while let Some(Open { end, closing, begun, own }) = open.pop_if(|open| open.end <= place) {
        spliced.text.push_str(&source[*copied..end]);
        *copied = end;
        spliced.text.push_str(&closing);
        let around = begun..spliced.text.len();
        let places = own.into_iter().map(|(mutant, own)| Place { mutant, own, around: around.clone() });
        spliced.places.extend(places);
    }
}

#[cfg(test)]
mod tests {
    use super::splice;
    use crate::find::mutants_of;

    fn spliced(source: &str, chosen: &[&str]) -> String {
        let mutants = mutants_of("src/a.rs", source, &[]).unwrap();
        let is_chosen = |id: &str| chosen.iter().any(|end| id.ends_with(end));
        let mutants: Vec<_> = mutants.iter().filter(|mutant| is_chosen(&mutant.id())).enumerate().collect();
        assert_eq!(mutants.len(), chosen.len(), "each of {chosen:?} is found once");
        splice(source, &mutants).text
    }

    #[test]
    fn changes_of_one_place_share_one_switch_and_stand_around_those_inside() {
        assert_eq!(
            spliced(
                "fn f(a: u8) -> bool { let is = a < 5; is }",
                &["`a < 5` becomes `a <= 5`", "`a < 5` becomes `a >= 5`", "`5` becomes `6`"]
            ),
            "fn f(a: u8) -> bool { let is = (if crate::mutant::on(0) { a <= 5 } else if crate::mutant::on(1) \
             { a >= 5 } else { a < (if crate::mutant::on(2) { 6 } else { 5 }) }); is }"
        );
    }

    #[test]
    fn a_statement_is_left_out_with_its_semicolon() {
        assert_eq!(
            spliced("fn f() -> R { check()?; go() }", &["`check()?;` is left out"]),
            "fn f() -> R { if !crate::mutant::on(0) { check()?; } go() }"
        );
    }

    #[test]
    fn a_function_ends_before_it_begins() {
        assert_eq!(
            spliced("fn f() -> Result<bool, E> { go() }", &["`Ok(false)`", "`Ok(true)`"]),
            "fn f() -> Result<bool, E> { if crate::mutant::on(0) { return Ok(true); }  \
             if crate::mutant::on(1) { return Ok(false); }  go() }"
        );
    }

    #[test]
    fn arms_and_if_let_get_a_condition() {
        assert_eq!(
            spliced(
                "fn f() { if let Some(a) = b { match a { 1 => c(), _ => d() } } }",
                &["the arm `1` is never taken", "never matches"]
            ),
            "fn f() { if !crate::mutant::on(0) && let Some(a) = b { match a { 1 if !crate::mutant::on(1) \
             => c(), _ => d() } } }"
        );
    }
}
