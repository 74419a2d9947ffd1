//! [`URLPattern`](https://urlpattern.spec.whatwg.org/#urlpattern-class).

use bgfetch_js::{Exception, Fallible, Realm, Reflector, platform_object, trace_fields};
use bgfetch_traits::router::PatternStrings;
use bgfetch_url_pattern::{ComponentMatch, Input, Match, PatternError, UrlPattern, UrlPatternInit};

use crate::bindings::{
    URLPatternCompatible, URLPatternComponentResult, URLPatternInit, URLPatternInput, URLPatternMethods,
    URLPatternOptions, URLPatternResult, UsvStringOrUndefined,
};

/// `URLPattern`.
pub(crate) struct URLPattern {
    reflector: Reflector,
    pattern: UrlPattern,
}

trace_fields!(URLPattern {});
platform_object!(URLPattern);

/// A pattern as others need it.
pub(crate) struct Built {
    pub(crate) strings: PatternStrings,
    pub(crate) has_regexp_groups: bool,
}

/// [Builds a URL pattern from a Web IDL value](https://urlpattern.spec.whatwg.org/#build-a-url-pattern-from-a-web-idl-value).
///
/// # Errors
/// `TypeError`.
pub(crate) fn build(input: URLPatternCompatible, base_url: &str) -> Fallible<Built> {
    let made = match input {
        URLPatternCompatible::URLPattern(object) => return Ok(object.built()),
        URLPatternCompatible::URLPatternInit(init) => {
            let mut init = of_init(init);
            init.base_url.get_or_insert_with(|| base_url.to_owned());
            UrlPattern::new(Input::Init(init), None, false)
        }
        URLPatternCompatible::UsvString(text) => UrlPattern::new(Input::Text(text), Some(base_url), false),
    };
    made.map(|pattern| Built::of(&pattern)).map_err(refused)
}

fn refused(error: PatternError) -> Exception {
    Exception::type_error(error.to_string())
}

impl Built {
    fn of(pattern: &UrlPattern) -> Self {
        Self { strings: pattern.strings(), has_regexp_groups: pattern.has_regexp_groups() }
    }
}

fn of_init(init: URLPatternInit) -> UrlPatternInit {
    UrlPatternInit {
        protocol: init.protocol,
        username: init.username,
        password: init.password,
        hostname: init.hostname,
        port: init.port,
        pathname: init.pathname,
        search: init.search,
        hash: init.hash,
        base_url: init.base_url,
    }
}

fn of_input(input: URLPatternInput) -> Input {
    match input {
        URLPatternInput::UsvString(text) => Input::Text(text),
        URLPatternInput::URLPatternInit(init) => Input::Init(of_init(init)),
    }
}

fn component(matched: ComponentMatch) -> Option<URLPatternComponentResult> {
    let value = |value: Option<String>| match value {
        Some(value) => UsvStringOrUndefined::UsvString(value),
        None => UsvStringOrUndefined::Undefined(()),
    };
    let groups = matched.groups.into_iter().map(|(name, group)| (name, value(group))).collect();
    Some(URLPatternComponentResult { input: Some(matched.input), groups: Some(groups) })
}

impl URLPattern {
    fn create(input: URLPatternInput, base_url: Option<&str>, options: &URLPatternOptions) -> Fallible<Self> {
        let pattern = UrlPattern::new(of_input(input), base_url, options.ignore_case).map_err(refused)?;
        Ok(Self { reflector: Reflector::new(), pattern })
    }

    fn built(&self) -> Built {
        Built::of(&self.pattern)
    }

    fn matched(&self, input: URLPatternInput, base_url: Option<&str>) -> Fallible<Option<Match>> {
        self.pattern.exec(of_input(input), base_url).map_err(refused)
    }

    fn component(&self, index: usize) -> Fallible<String> {
        Ok(self.pattern.component(index).to_owned())
    }
}

impl URLPatternMethods for URLPattern {
    fn constructor(
        _: &Realm,
        input: URLPatternInput,
        base_url: String,
        options: URLPatternOptions,
    ) -> Fallible<Self> {
        Self::create(input, Some(&base_url), &options)
    }

    fn constructor_2(_: &Realm, input: URLPatternInput, options: URLPatternOptions) -> Fallible<Self> {
        Self::create(input, None, &options)
    }

    fn test(&self, _: &Realm, input: URLPatternInput, base_url: Option<String>) -> Fallible<bool> {
        Ok(self.matched(input, base_url.as_deref())?.is_some())
    }

    fn exec(
        &self,
        _: &Realm,
        input: URLPatternInput,
        base_url: Option<String>,
    ) -> Fallible<Option<URLPatternResult>> {
        let mut inputs = vec![input.clone()];
        inputs.extend(base_url.clone().map(URLPatternInput::UsvString));
        let Some(matched) = self.matched(input, base_url.as_deref())? else { return Ok(None) };
        let [protocol, username, password, hostname, port, pathname, search, hash] =
            matched.components.map(component);
        Ok(Some(URLPatternResult {
            inputs: Some(inputs),
            protocol,
            username,
            password,
            hostname,
            port,
            pathname,
            search,
            hash,
        }))
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        self.component(0)
    }

    fn username(&self, _: &Realm) -> Fallible<String> {
        self.component(1)
    }

    fn password(&self, _: &Realm) -> Fallible<String> {
        self.component(2)
    }

    fn hostname(&self, _: &Realm) -> Fallible<String> {
        self.component(3)
    }

    fn port(&self, _: &Realm) -> Fallible<String> {
        self.component(4)
    }

    fn pathname(&self, _: &Realm) -> Fallible<String> {
        self.component(5)
    }

    fn search(&self, _: &Realm) -> Fallible<String> {
        self.component(6)
    }

    fn hash(&self, _: &Realm) -> Fallible<String> {
        self.component(7)
    }

    fn has_reg_exp_groups(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.pattern.has_regexp_groups())
    }
}
