//! Documentation of a function: its forms, its page, and its part of the reference.

use super::Function;

impl Function {
    /// How it is called, one line for each form: `join(items: array, separator: string)`.
    pub fn forms(&self) -> Vec<String> {
        let form = |params: &&[&str]| format!("{}({})", self.builtin.name, params.join(", "));
        self.builtin.forms.iter().map(form).collect()
    }

    pub fn page(&self) -> String {
        let Function { builtin, example, result, .. } = self;
        format!("{}\n\n{}\n\nExample\n  {example}\n  // {result}\n", self.forms().join("\n"), builtin.summary)
    }

    /// Its part of the reference.
    pub fn markdown(&self) -> String {
        let Function { builtin, example, result, .. } = self;
        let forms: Vec<String> = self.forms().iter().map(|form| format!("`{form}`")).collect();
        let forms = forms.join(", ");
        format!("\n### {forms}\n\n{}\n\n```rhai\n{example}\n// {result}\n```\n", builtin.summary)
    }
}
