//! What a failure rests on.

use super::*;

#[test]
fn what_is_refused_before_anything_is_asked_rests_on_the_files_alone() {
    let ground = |kind| Failure::refused(kind, "no").before_asking().ground();
    assert_eq!([ground("denied"), ground("protected")], [RefusalBasis::Config, RefusalBasis::Account]);
    assert_eq!(Failure::refused("denied", "no").ground(), RefusalBasis::Account);
    assert_eq!(Failure::refused("argument", "no").while_doing(Action::Write).ground(), RefusalBasis::Config);
    assert_eq!(Failure::Interrupted.before_asking().ground(), RefusalBasis::Account);
}
