//! What a function may return without doing anything, where its type says it.

use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// As expressions; none where the type is not known here.
pub fn defaults_of(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".into()],
        ReturnType::Type(_, ty) => of_type(ty),
    }
}

fn of_type(ty: &Type) -> Vec<String> {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => all(&["()"]),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => all(&["\"\""]),
            _ => Vec::new(),
        },
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            match last.ident.to_string().as_str() {
                "bool" => all(&["true", "false"]),
                "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => all(&["0", "1"]),
                "String" => all(&["String::new()"]),
                "Option" => all(&["None"]),
                "Vec" => all(&["Vec::new()"]),
                "BTreeMap" | "BTreeSet" | "HashMap" | "HashSet" | "Duration" | "Cost" | "Cow" | "Json"
                | "Value" => all(&["Default::default()"]),
                "Result" => first_argument(&last.arguments)
                    .into_iter()
                    .flat_map(of_type)
                    .map(|ok| format!("Ok({ok})"))
                    .collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn first_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
