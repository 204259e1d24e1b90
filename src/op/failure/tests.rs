//! What a failure rests on.

use super::*;

#[test]
fn what_is_refused_before_anything_is_asked_rests_on_the_files_alone() {
    let basis = |kind| Failure::refused(kind, "no").before_asking().basis();
    assert_eq!([basis("denied"), basis("protected")], [RefusalBasis::Config, RefusalBasis::Account]);
    assert_eq!(Failure::refused("denied", "no").basis(), RefusalBasis::Account);
    assert_eq!(Failure::refused("argument", "no").while_doing(Action::Write).basis(), RefusalBasis::Config);
    assert_eq!(Failure::Interrupted.before_asking().basis(), RefusalBasis::Account);
}
