//! Signatures in Python's notation: `name($self, a, b=1, /, c=None, *args, d=False, **kw)`.

#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Default {
    None,
    True,
    False,
    /// `<unrepresentable>`: absent is told apart from `None`.
    Unrepresentable,
    /// A decimal integer, with its sign.
    Int(String),
    /// A floating-point literal, with its sign.
    Float(String),
    /// A string, unescaped.
    Str(String),
    /// `()`.
    EmptyTuple,
    /// Any other expression, such as `sys.maxsize`: the function itself must know it.
    Other(String),
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum ParamKind {
    PositionalOnly,
    Positional,
    VarArgs,
    KeywordOnly,
    VarKw,
}

#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Parameter {
    pub name: String,
    pub kind: ParamKind,
    pub default: Option<Default>,
}

#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Signature {
    pub name: String,
    /// The first parameter if it is written with `$`, e.g. `self`.
    pub receiver: Option<String>,
    /// Without the receiver.
    pub params: Vec<Parameter>,
    pub has_slash: bool,
}

/// Splits `name(…)` into the name and the parenthesised part; the latter is empty if there is none.
pub fn split(text: &str) -> (&str, &str) {
    match text.find('(') {
        Some(i) => (text[..i].trim(), text[i..].trim()),
        None => (text.trim(), ""),
    }
}

/// The parts between top-level commas of `(…)`.
fn split_params(text: &str) -> Result<Vec<String>, String> {
    let inner = text
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .ok_or_else(|| "expected `name(parameters)`".to_string())?;
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    for c in inner.chars() {
        if let Some(q) = quote {
            part.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == q {
                quote = None;
            }
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.checked_sub(1).ok_or("unbalanced bracket")?,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_string());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    if quote.is_some() || depth != 0 {
        return Err("unbalanced quote or bracket".to_string());
    }
    let last = part.trim();
    if !last.is_empty() {
        parts.push(last.to_string());
    }
    Ok(parts)
}

fn unescape(body: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            c @ ('\\' | '\'' | '"') => c,
            _ => return None,
        });
    }
    Some(out)
}

fn parse_default(text: &str) -> Default {
    match text {
        "None" => return Default::None,
        "True" => return Default::True,
        "False" => return Default::False,
        "<unrepresentable>" | "<no value>" => return Default::Unrepresentable,
        "()" => return Default::EmptyTuple,
        _ => {}
    }
    let quoted = ['\'', '"'].iter().find_map(|&q| text.strip_prefix(q)?.strip_suffix(q));
    if let Some(s) = quoted.and_then(unescape) {
        return Default::Str(s);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Default::Int(text.to_string());
    }
    if digits.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok() {
        return Default::Float(text.to_string());
    }
    Default::Other(text.to_string())
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

pub fn parse(text: &str) -> Result<Signature, String> {
    let (name, rest) = split(text);
    let mut receiver = None;
    let mut params: Vec<Parameter> = Vec::new();
    let mut has_slash = false;
    let mut star = false;
    let mut var_kw = false;
    for (i, part) in split_params(rest)?.into_iter().enumerate() {
        if let Some(r) = part.strip_prefix('$') {
            if i != 0 {
                return Err(format!("`${r}` must come first"));
            }
            receiver = Some(r.to_string());
            continue;
        }
        if var_kw {
            return Err(format!("`{part}` after `**`"));
        }
        if part == "/" {
            if has_slash || star || (params.is_empty() && receiver.is_none()) {
                return Err("misplaced `/`".to_string());
            }
            has_slash = true;
            for p in &mut params {
                p.kind = ParamKind::PositionalOnly;
            }
            continue;
        }
        let (kind, rest) = if let Some(n) = part.strip_prefix("**") {
            var_kw = true;
            (ParamKind::VarKw, n)
        } else if let Some(n) = part.strip_prefix('*') {
            if std::mem::replace(&mut star, true) {
                return Err("a second `*`".to_string());
            }
            if n.is_empty() {
                continue;
            }
            (ParamKind::VarArgs, n)
        } else {
            (if star { ParamKind::KeywordOnly } else { ParamKind::Positional }, part.as_str())
        };
        let (name, default) = match rest.split_once('=') {
            Some((n, d)) => (n.trim(), Some(parse_default(d.trim()))),
            None => (rest.trim(), None),
        };
        if !is_identifier(name) {
            return Err(format!("`{name}` is not a parameter name"));
        }
        if params.iter().any(|p| p.name == name) {
            return Err(format!("a second parameter `{name}`"));
        }
        if default.is_some() && matches!(kind, ParamKind::VarArgs | ParamKind::VarKw) {
            return Err(format!("`{part}` cannot have a default"));
        }
        if default.is_none()
            && kind == ParamKind::Positional
            && params.last().is_some_and(|p: &Parameter| p.default.is_some())
        {
            return Err(format!("`{name}` without a default after one with a default"));
        }
        params.push(Parameter { name: name.to_string(), kind, default });
    }
    Ok(Signature { name: name.to_string(), receiver, params, has_slash })
}

/// `__text_signature__` for the parenthesised part of a signature: the receiver is added if it is not written, with a
/// `/` after it unless a later one makes it positional-only.
pub fn text_signature(parens: &str, receiver: Option<&str>) -> String {
    let Some(receiver) = receiver else { return parens.to_string() };
    let Some(inner) = parens.strip_prefix('(') else { return String::new() };
    let inner = inner.trim_start();
    if inner.starts_with('$') {
        return parens.to_string();
    }
    let has_slash = split_params(parens).is_ok_and(|parts| parts.iter().any(|p| p == "/"));
    let slash = if has_slash { "" } else { ", /" };
    let comma = if inner.starts_with(')') { "" } else { ", " };
    format!("(${receiver}{slash}{comma}{inner}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(name: &str, kind: ParamKind, default: Option<Default>) -> Parameter {
        Parameter { name: name.to_string(), kind, default }
    }

    #[test]
    fn every_kind_of_parameter() {
        use ParamKind::*;
        let s = parse("f($self, a, b=-1, /, c='x, y', *args, d=(), e, **kw)").unwrap();
        assert_eq!(s.name, "f");
        assert_eq!(s.receiver.as_deref(), Some("self"));
        assert_eq!(
            s.params,
            [
                p("a", PositionalOnly, None),
                p("b", PositionalOnly, Some(Default::Int("-1".into()))),
                p("c", Positional, Some(Default::Str("x, y".into()))),
                p("args", VarArgs, None),
                p("d", KeywordOnly, Some(Default::EmptyTuple)),
                p("e", KeywordOnly, None),
                p("kw", VarKw, None),
            ]
        );
    }

    #[test]
    fn defaults() {
        for (text, want) in [
            ("None", Default::None),
            ("'\\n'", Default::Str("\n".into())),
            ("1.5", Default::Float("1.5".into())),
            ("1e-09", Default::Float("1e-09".into())),
            ("<unrepresentable>", Default::Unrepresentable),
            ("sys.maxsize", Default::Other("sys.maxsize".into())),
        ] {
            assert_eq!(parse_default(text), want);
        }
    }

    #[test]
    fn errors() {
        for (text, want) in [
            ("f", "expected `name(parameters)`"),
            ("f(a=1, b)", "`b` without a default after one with a default"),
            ("f(a, $self)", "`$self` must come first"),
            ("f(a, a)", "a second parameter `a`"),
            ("f(/, a)", "misplaced `/`"),
            ("f(**k, a)", "`a` after `**`"),
            ("f(a='x)", "unbalanced quote or bracket"),
        ] {
            assert_eq!(parse(text).unwrap_err(), want, "{text}");
        }
    }

    #[test]
    fn text_signatures() {
        assert_eq!(text_signature("(a, b=1)", Some("module")), "($module, /, a, b=1)");
        assert_eq!(text_signature("(a, /)", Some("module")), "($module, a, /)");
        assert_eq!(text_signature("()", Some("self")), "($self, /)");
        assert_eq!(text_signature("($self, a, /)", Some("self")), "($self, a, /)");
        assert_eq!(text_signature("(x)", None), "(x)");
    }
}
