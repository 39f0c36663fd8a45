//! Profiles as such.

use super::*;
use crate::profile::UnknownProfile;

#[test]
fn profiles_are_known_by_name() {
    for profile in Profile::ALL {
        assert_eq!(profile.name().parse(), Ok(profile));
        assert_eq!(profile.to_string(), profile.name());
    }
    let error: UnknownProfile = "nginx".parse::<Profile>().expect_err("there is no such profile");
    assert_eq!(error.to_string(), "found profile \"nginx\"; wanted one of strict, go, express");
    assert_eq!(Profile::default(), Profile::Strict);
}
