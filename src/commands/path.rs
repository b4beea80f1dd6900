//! `venvyard path PATH`: a path made absolute, or expanded.

use std::ffi::OsString;

use anyhow::Result;

use crate::context::Context;
use crate::plan::Plan;

/// Print a path, made absolute from the working directory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Expand `~` and variables in place of that
    #[arg(long)]
    expand: bool,

    /// The path
    #[arg(allow_hyphen_values = true)]
    path: OsString,
}

impl Args {
    /// A report of it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let path = if self.expand { context.expanded(&self.path)? } else { context.below(&self.path)? };
        Ok(Plan::report(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;

    #[test]
    fn a_path_is_expanded_or_made_absolute_not_both() {
        let variables = [("HOME", "/home/ann"), ("USER_DIR", "~/x")];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let directory = Some("/work".into());
        let context = Context::new(Surroundings { variables, directory, ..Default::default() });
        let told = |expand, path: &str| {
            let Answer::Report(text) = (Args { expand, path: path.into() }).plan(&context).unwrap().answer
            else {
                panic!("a script")
            };
            text.into_string().unwrap()
        };
        assert_eq!(told(false, "~/../a"), "/work/a");
        assert_eq!(told(false, "-"), "/work/-");
        assert_eq!(told(true, "~//a/./b/"), "/home/ann/a/b");
        assert_eq!(told(true, "$USER_DIR"), "/home/ann/x");
        assert_eq!(told(true, "../b"), "../b");
    }
}
