use super::*;

fn metadata(packages: &str) -> Metadata {
    serde_json::from_str(&format!(
        r#"{{"packages": [{packages}], "target_directory": "/t", "workspace_root": "/w"}}"#
    ))
    .unwrap()
}

fn package(name: &str, table: &str) -> String {
    format!(
        r#"{{"name": "{name}", "manifest_path": "/w/{name}/Cargo.toml",
            "targets": [{{"crate_types": ["cdylib", "rlib"]}}],
            "dependencies": [{{"name": "http-wasm-sdk", "kind": null}}],
            "metadata": {table}}}"#
    )
}

#[test]
fn filters_are_cdylibs_that_depend_on_the_sdk() {
    let others = r#",
        {"name": "lib", "manifest_path": "/w/lib/Cargo.toml",
         "targets": [{"crate_types": ["lib"]}],
         "dependencies": [{"name": "http-wasm-sdk", "kind": null}]},
        {"name": "plugin", "manifest_path": "/w/plugin/Cargo.toml",
         "targets": [{"crate_types": ["cdylib"]}],
         "dependencies": [{"name": "http-wasm-sdk", "kind": "dev"}], "metadata": null}"#;
    let project = Project::read(metadata(
        &(package("router", "null") + "," + &package("auth", "null") + others),
    ))
    .unwrap();
    let names: Vec<_> = project.filters.iter().map(|filter| filter.name.as_str()).collect();
    assert_eq!(names, ["auth", "router"]);
    let auth = &project.filters[0];
    assert_eq!(auth.options.stack_size, None);
    assert_eq!(auth.options.target.triple(), "wasm32v1-none");
    assert_eq!(project.guest_path(auth), Path::new("/t/guests/auth.wasm"));
    assert_eq!(project.select(&[]).unwrap().len(), 2);
    let error = project.select(&["autth".to_owned()]).unwrap_err().to_string();
    assert_eq!(error, "no filter `autth` in /w; did you mean `auth`? known: auth, router");
}

#[test]
fn options_are_read_and_wrong_ones_refused() {
    let table = r#"{"http-wasm": {"guest": "sizes/log", "stack-size": 1024, "target": "wasm32-wasip1",
        "max-size": 155, "compare": {"hand": 148}}}"#;
    let project = Project::read(metadata(&package("size-log", table))).unwrap();
    let filter = &project.filters[0];
    assert_eq!(filter.options.stack_size, Some(1024));
    assert_eq!(filter.options.target, GuestTarget::WasiP1);
    assert_eq!(filter.options.max_size, Some(155));
    assert_eq!(filter.options.compare["hand"], 148);
    assert_eq!(project.guest_path(filter), Path::new("/t/guests/sizes/log.wasm"));

    for (table, part) in [
        (r#"{"stack": 1}"#, "unknown field `stack`, expected one of `guest`"),
        (r#"{"stack-size": 10}"#, "stack-size = 10: wanted"),
        (r#"{"guest": "../x"}"#, "guest = \"../x\": wanted"),
        (r#"{"guest": "/x"}"#, "guest = \"/x\": wanted"),
        (r#"{"target": "wasm32-wasip2"}"#, "unknown variant `wasm32-wasip2`, expected"),
    ] {
        let error = Project::read(metadata(&package("a", &format!(r#"{{"http-wasm": {table}}}"#))))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("/w/a/Cargo.toml: [package.metadata.http-wasm]: "), "{error}");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn two_filters_cannot_write_one_guest() {
    let table = r#"{"http-wasm": {"guest": "a"}}"#;
    let error =
        Project::read(metadata(&(package("a", "null") + "," + &package("b", table)))).unwrap_err();
    assert!(error.to_string().starts_with("`a` and `b` both write the guest `a`"), "{error}");
}

#[test]
fn a_project_without_filters_says_what_a_filter_is() {
    let error = Project::read(metadata("")).unwrap().select(&[]).unwrap_err().to_string();
    assert!(error.contains("no filter in /w: a filter is a package with"), "{error}");
}

#[test]
fn a_package_that_only_lacks_the_type_of_its_library_is_named() {
    let lib = package("lone", "null").replace(r#"["cdylib", "rlib"]"#, r#"["lib"]"#);
    let error = Project::read(metadata(&lib)).unwrap().select(&[]).unwrap_err().to_string();
    assert!(error.starts_with("`lone` depends on `http-wasm-sdk` and is no filter"), "{error}");
    assert!(
        error.ends_with(r#"have `crate-type = ["cdylib", "rlib"]` in [lib] of /w/lone/Cargo.toml"#)
    );
    // Others are filters, and a library that they share is none.
    let project = Project::read(metadata(&(package("a", "null") + "," + &lib))).unwrap();
    assert_eq!(project.select(&[]).unwrap().len(), 1);
    assert_eq!(project.select(&["lone".to_owned()]).unwrap_err().to_string(), error);
}

#[test]
fn this_repository_is_read() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let project = Project::locate(Some(&manifest)).unwrap();
    assert!(project.has_guest_profile);
    assert!(project.filters.iter().any(|filter| filter.name == "header"));
    let missing = Project::locate(Some(Path::new("/nowhere/Cargo.toml"))).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/Cargo.toml"), "{missing}");
}
