//! What Traefik reads: its static and dynamic configuration and the description of a plugin.
//!
//! Everything is written as JSON, which is YAML too, so nothing has to be quoted by hand.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

/// A host name that no recorded exchange uses. Traefik itself responds to requests for it on every
/// entry point, without any guest: that is the ready check.
pub(super) const READY_HOST: &str = "ready.http-wasm.invalid";

/// Traefik's log, with the messages of guests.
pub(super) const LOG_FILE: &str = "traefik.log";
/// The access log: Traefik writes a line when it is done with a request, so after everything that
/// the guest logged for it.
pub(super) const ACCESS_LOG_FILE: &str = "access.log";
/// The dynamic configuration.
pub(super) const DYNAMIC_FILE: &str = "dynamic.yml";

/// One guest with one configuration: a middleware on an entry point of its own, so that path and
/// host of a request stay as they are recorded.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Which of the plugins.
    pub(super) plugin: usize,
    /// Its options.
    pub(super) options: Map<String, Value>,
    /// Where the entry point listens.
    pub(super) address: SocketAddr,
}

/// The name that the configuration uses for a plugin.
#[must_use]
pub(super) fn plugin_alias(plugin: usize) -> String {
    format!("guest{plugin}")
}

/// The module name of a plugin; it is also the path of its folder below `plugins-local/src`.
#[must_use]
pub(super) fn plugin_module(plugin: usize) -> String {
    format!("http-wasm/guest{plugin}")
}

/// The name of a route's middleware as Traefik's log and interface have it.
#[must_use]
pub(super) fn middleware_name(route: usize) -> String {
    format!("middleware{route}@file")
}

/// The name of a route's router as Traefik's log and interface have it.
#[must_use]
pub(super) fn router_name(route: usize) -> String {
    format!("router{route}@file")
}

/// `.traefik.yml` of a plugin. All these keys are mandatory.
#[must_use]
pub(super) fn manifest(guest: &str, plugin: usize) -> Value {
    json!({
        "displayName": guest,
        "type": "middleware",
        "runtime": "wasm",
        "import": plugin_module(plugin),
        "summary": "A guest under test.",
        "testData": {},
    })
}

/// The static configuration: ports, plugins with the settings of each, and logs.
#[must_use]
pub(super) fn static_config(
    settings: &[Map<String, Value>],
    routes: &[Route],
    interface: SocketAddr,
) -> Value {
    let mut entry_points = Map::new();
    entry_points.insert("traefik".to_owned(), json!({ "address": interface.to_string() }));
    for (index, route) in routes.iter().enumerate() {
        let entry_point = json!({
            "address": route.address.to_string(),
            // Otherwise Traefik removes `//` and `..` before the guest sees them.
            "http": { "sanitizePath": false },
            // Otherwise it removes recorded `x-forwarded-*` headers.
            "forwardedHeaders": { "insecure": true },
        });
        entry_points.insert(format!("entry{index}"), entry_point);
    }
    let plugins: Map<String, Value> = settings
        .iter()
        .enumerate()
        .map(|(plugin, settings)| {
            let mut entry = json!({ "moduleName": plugin_module(plugin) });
            // Traefik takes no empty ones.
            if !settings.is_empty() {
                entry["settings"] = settings.clone().into();
            }
            (plugin_alias(plugin), entry)
        })
        .collect();
    json!({
        "global": { "checkNewVersion": false, "sendAnonymousUsage": false },
        "log": { "level": "DEBUG", "format": "json", "filePath": LOG_FILE },
        "accessLog": { "format": "json", "filePath": ACCESS_LOG_FILE },
        "api": { "insecure": true },
        "ping": { "manualRouting": true },
        "entryPoints": entry_points,
        "providers": { "file": { "filename": DYNAMIC_FILE, "watch": false } },
        "experimental": { "localPlugins": plugins },
    })
}

/// The dynamic configuration: for each route a router, a middleware, and the upstream behind it.
#[must_use]
pub(super) fn dynamic_config(routes: &[Route], upstream: SocketAddr) -> Value {
    let mut routers = Map::new();
    let mut middlewares = Map::new();
    for (index, route) in routes.iter().enumerate() {
        let middleware = format!("middleware{index}");
        let plugin = json!({ "plugin": { plugin_alias(route.plugin): route.options } });
        let router = json!({
            "entryPoints": [format!("entry{index}")],
            "rule": "PathPrefix(`/`)",
            "priority": 1,
            "middlewares": [middleware],
            "service": "upstream",
        });
        let ready = json!({
            "entryPoints": [format!("entry{index}")],
            "rule": format!("Host(`{READY_HOST}`)"),
            "priority": 2,
            "service": "ping@internal",
        });
        middlewares.insert(middleware, plugin);
        routers.insert(format!("router{index}"), router);
        routers.insert(format!("ready{index}"), ready);
    }
    let servers = json!([{ "url": format!("http://{upstream}") }]);
    json!({ "http": {
        "routers": routers,
        "middlewares": middlewares,
        "services": { "upstream": { "loadBalancer": { "servers": servers } } },
    } })
}

/// The text of a configuration file. Traefik runs the dynamic one through a template engine, so
/// two opening braces must not stand side by side; JSON has them in strings only.
#[must_use]
pub(super) fn text(config: &Value) -> String {
    format!("{config:#}\n").replace("{{", "{\\u007b")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn routes() -> Vec<Route> {
        let options = json!({ "who": "{{ world }} {{{{", "nested": { "n": {} } });
        let Value::Object(options) = options else { unreachable!() };
        vec![
            Route { plugin: 0, options: Map::new(), address: address(1001) },
            Route { plugin: 0, options, address: address(1002) },
        ]
    }

    #[test]
    fn the_text_reads_back_and_holds_no_template() {
        let config = dynamic_config(&routes(), address(1000));
        let text = text(&config);
        assert!(!text.contains("{{"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), config);
    }

    #[test]
    fn every_router_names_what_exists() {
        let routes = routes();
        let fixed = static_config(&[Map::new()], &routes, address(1003));
        let config = dynamic_config(&routes, address(1000));
        let http = &config["http"];
        let routers = http["routers"].as_object().unwrap();
        assert_eq!(routers.len(), 4);
        for router in routers.values() {
            let entry_point = router["entryPoints"][0].as_str().unwrap();
            assert!(fixed["entryPoints"][entry_point].is_object(), "{entry_point}");
            for name in router["middlewares"].as_array().into_iter().flatten() {
                let plugin = http["middlewares"][name.as_str().unwrap()]["plugin"].as_object();
                for alias in plugin.unwrap().keys() {
                    let module = &fixed["experimental"]["localPlugins"][alias]["moduleName"];
                    assert_eq!(manifest("any", 0)["import"], *module);
                }
            }
        }
        assert_eq!(
            http["middlewares"]["middleware1"]["plugin"]["guest0"],
            json!(routes[1].options)
        );
        assert_eq!(fixed["entryPoints"]["entry1"]["address"], "127.0.0.1:1002");
        let server = &http["services"]["upstream"]["loadBalancer"]["servers"][0]["url"];
        assert_eq!(server, "http://127.0.0.1:1000");
    }
}
