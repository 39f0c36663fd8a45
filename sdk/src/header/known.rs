//! The names of known headers.

use super::HeaderName;

macro_rules! known {
    ($($(#[doc = $doc:literal])* $constant:ident $name:literal)+) => {
        $(
            #[doc = concat!("`", $name, "`\n")]
            $(#[doc = $doc])*
            pub const $constant: HeaderName<'static> = HeaderName::from_static($name);
        )+
    };
}

known! {
    ACCEPT "accept"
    ACCEPT_ENCODING "accept-encoding"
    ACCEPT_LANGUAGE "accept-language"
    ACCESS_CONTROL_ALLOW_CREDENTIALS "access-control-allow-credentials"
    ACCESS_CONTROL_ALLOW_HEADERS "access-control-allow-headers"
    ACCESS_CONTROL_ALLOW_METHODS "access-control-allow-methods"
    ACCESS_CONTROL_ALLOW_ORIGIN "access-control-allow-origin"
    ACCESS_CONTROL_EXPOSE_HEADERS "access-control-expose-headers"
    ACCESS_CONTROL_MAX_AGE "access-control-max-age"
    ACCESS_CONTROL_REQUEST_HEADERS "access-control-request-headers"
    ACCESS_CONTROL_REQUEST_METHOD "access-control-request-method"
    AGE "age"
    ALLOW "allow"
    AUTHORIZATION "authorization"
    CACHE_CONTROL "cache-control"
    CONNECTION "connection"
    CONTENT_DISPOSITION "content-disposition"
    CONTENT_ENCODING "content-encoding"
    CONTENT_LANGUAGE "content-language"
    /// Leave it alone: hosts keep the length of a message apart from its headers. In a request the
    /// official Go host takes no notice of a change, and forwards the length that the client
    /// declared. In a response it holds a handler to what the header says: it drops what is
    /// longer and cuts the connection where there is less; so does Node for Express, and the
    /// client waits for the rest. This crate removes the header when it changes the body of a
    /// response ([`ResponseBody`](crate::ResponseBody)), and refuses to change the length of a
    /// request body that was declared ([`RequestBody`](crate::RequestBody)). Hosts trap where the body
    /// of a reply is longer than it says, so [`Reply`](crate::Reply) does not set it.
    CONTENT_LENGTH "content-length"
    CONTENT_LOCATION "content-location"
    CONTENT_RANGE "content-range"
    CONTENT_SECURITY_POLICY "content-security-policy"
    CONTENT_TYPE "content-type"
    COOKIE "cookie"
    DATE "date"
    ETAG "etag"
    EXPECT "expect"
    EXPIRES "expires"
    FORWARDED "forwarded"
    /// Can be read on every host. The official Go host keeps it apart from the other headers:
    /// setting and removing it do nothing there. Send `x-forwarded-host` instead.
    HOST "host"
    IF_MATCH "if-match"
    IF_MODIFIED_SINCE "if-modified-since"
    IF_NONE_MATCH "if-none-match"
    IF_RANGE "if-range"
    IF_UNMODIFIED_SINCE "if-unmodified-since"
    LAST_MODIFIED "last-modified"
    LINK "link"
    LOCATION "location"
    ORIGIN "origin"
    PROXY_AUTHENTICATE "proxy-authenticate"
    PROXY_AUTHORIZATION "proxy-authorization"
    RANGE "range"
    REFERER "referer"
    REFERRER_POLICY "referrer-policy"
    RETRY_AFTER "retry-after"
    SERVER "server"
    SET_COOKIE "set-cookie"
    STRICT_TRANSPORT_SECURITY "strict-transport-security"
    TE "te"
    TRAILER "trailer"
    /// Leave it alone: how a message is framed is the host's affair. The official Go host does not
    /// show the header of a request and does not forward one. In a response it does by itself what
    /// `chunked` asks for, takes `identity` for "ends when the connection does", and sends any
    /// other value beside its own, so that the client cannot read the body.
    TRANSFER_ENCODING "transfer-encoding"
    /// A request that has it wants another protocol, WebSocket for instance. Buffering the response
    /// would break that: see [`Reply::buffer_response`](crate::Reply::buffer_response).
    UPGRADE "upgrade"
    USER_AGENT "user-agent"
    VARY "vary"
    VIA "via"
    WWW_AUTHENTICATE "www-authenticate"
    X_CONTENT_TYPE_OPTIONS "x-content-type-options"
    X_FORWARDED_FOR "x-forwarded-for"
    X_FRAME_OPTIONS "x-frame-options"
    X_REQUEST_ID "x-request-id"
}
