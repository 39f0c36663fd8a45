//! Method, URI, version and client.

use super::*;

#[test]
fn an_absent_uri_is_a_slash() {
    for profile in Profile::ALL {
        let request = Request { uri: String::new(), ..Request::default() };
        let mut hand = Hand::over(Exchange::for_request(settings(profile), request));
        assert_eq!(hand.text(Function::GetUri).as_deref(), Ok("/"));
        assert_eq!(hand.exchange.forward().expect("it goes on").uri, "/");
    }
}

#[test]
fn method_and_uri_reach_the_next_handler() {
    for profile in Profile::ALL {
        let mut hand = Hand::request(profile);
        hand.give(Function::SetMethod, "PUT").expect("no trap");
        hand.give(Function::SetUri, "/x?y=z").expect("no trap");
        assert_eq!(hand.text(Function::GetMethod).as_deref(), Ok("PUT"));
        assert_eq!(hand.text(Function::GetUri).as_deref(), Ok("/x?y=z"));
        let upstream = hand.exchange.forward().expect("it goes on");
        assert_eq!((upstream.method.as_str(), upstream.uri.as_str()), ("PUT", "/x?y=z"));
        hand.has_no_problem();
    }
}

#[test]
fn go_reports_a_method_that_cannot_be_sent() {
    let mut hand = Hand::request(Profile::Go);
    hand.give(Function::SetMethod, "G T").expect("the Go host notices later");
    assert_eq!(hand.exchange.forward(), None);
    hand.has_problem("the method \"G T\" cannot be sent: the host answers 502");
}

fn set_uri(profile: Profile, uri: &str) -> Result<String, Trap> {
    let mut hand = Hand::request(profile);
    hand.give(Function::SetUri, uri)?;
    hand.text(Function::GetUri)
}

#[test]
fn set_uri_as_the_go_host_does() {
    for (uri, wanted) in [
        ("", "/"),
        ("/", "/"),
        ("/a?", "/a?"),
        ("/a/../b", "/a/../b"),
        ("//host/path", "//host/path"),
        ("/%41%2f", "/%41%2f"),
        ("*", "*"),
        ("http://other.test/a?b", "/a?b"),
        ("http://other.test", "/"),
        ("http://other.test?a=b", "/?a=b"),
        ("http:/a?b", "/a?b"),
        ("mailto:a", "/"),
        ("mailto:a?b", "/?b"),
        ("/a b", "/a%20b"),
        ("/a#b", "/a%23b"),
        ("/ä", "/%C3%A4"),
        ("/a?b c", "/a?b c"),
        ("/a[]!%2f?|", "/a[]!%2f?|"),
        ("/a|%2f[]!'%41", "/a%7C/%5B%5D%21%27A"),
    ] {
        assert_eq!(set_uri(Profile::Go, uri).as_deref(), Ok(wanted), "{uri:?}");
    }
}

#[test]
fn go_encodes_the_bytes_of_a_path_that_is_not_text() {
    let mut hand = Hand::request(Profile::Go);
    let (ptr, len) = hand.put(b"/a%2F\xff?b\xff");
    hand.call(Function::SetUri, &[ptr, len]).expect("no trap");
    assert_eq!(hand.text(Function::GetUri).as_deref(), Ok("/a/%FF?b\u{fffd}"));
}

#[test]
fn uris_that_trap_everywhere_but_on_express() {
    for (uri, reason) in [
        ("a", "which has no leading slash"),
        ("?a", "which has no leading slash"),
        ("1http://a/", "which has no leading slash"),
        ("/a\n", "which has a control character"),
        ("/a\u{7f}", "which has a control character"),
        ("/%", "which has a % without two hexadecimal digits"),
        ("/%4", "which has a % without two hexadecimal digits"),
        ("/%4g", "which has a % without two hexadecimal digits"),
    ] {
        for profile in [Profile::Strict, Profile::Go] {
            traps(set_uri(profile, uri), TrapKind::Value, reason);
        }
        assert_eq!(set_uri(Profile::Express, uri).as_deref(), Ok(uri));
    }
}

#[test]
fn strict_wants_an_encoded_uri() {
    for uri in ["/a b", "/a#b", "/ä", "/a?b c", "/a\"", "/<", "/a|", "/a?b<c", "/a?\""] {
        traps(set_uri(Profile::Strict, uri), TrapKind::Value, "percent-encode them");
    }
    let browsers = "/a?b[]={|}\\^`";
    assert_eq!(set_uri(Profile::Strict, browsers).as_deref(), Ok(browsers));
    assert_eq!(
        set_uri(Profile::Strict, "/a-._~!$&'()*+,;=:@%20/?/?").as_deref(),
        Ok("/a-._~!$&'()*+,;=:@%20/?/?")
    );
}

#[test]
fn strict_takes_back_what_the_client_sent() {
    let request = Request { uri: "/host/a?b<>=c\"d".to_owned(), ..Request::default() };
    let mut hand = Hand::over(Exchange::for_request(settings(Profile::Strict), request));
    // Also after the guest has set another.
    for _ in 0..2 {
        hand.give(Function::SetUri, "/a?b<>=c\"d").expect("these characters came from the client");
        assert_eq!(hand.text(Function::GetUri).as_deref(), Ok("/a?b<>=c\"d"));
        hand.give(Function::SetUri, "/other").expect("no trap");
    }
    traps(hand.give(Function::SetUri, "/a? "), TrapKind::Value, "percent-encode them");
}

#[test]
fn strict_reports_an_absolute_uri() {
    let mut hand = Hand::request(Profile::Strict);
    hand.give(Function::SetUri, "http://other.test/a").expect("no trap");
    assert_eq!(hand.text(Function::GetUri).as_deref(), Ok("/a"));
    hand.has_problem("an absolute URI was set");
    let mut hand = Hand::request(Profile::Strict);
    hand.give(Function::SetUri, "").expect("an empty URI is a slash");
    hand.has_no_problem();
}
