//! Walks through a file, past what is no code that runs outside tests.

use super::Finder;
use super::changes::is_for_tests;
use crate::mutant::Change;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, Pat, Stmt};

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.attrs, &item.sig, block);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of_trait = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if is_for_tests(&item.attrs) || of_trait.is_some_and(|last| last.ident == "Debug") {
            return;
        }
        let name = self.text(&*item.self_ty).to_owned();
        self.names.push(name);
        visit::visit_item_impl(self, item);
        self.names.pop();
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        for statement in &block.stmts {
            if let Stmt::Expr(expression, Some(_)) = statement
                && does_something(expression)
            {
                let text = self.text(statement).to_owned();
                self.add(statement.span().byte_range(), &text, Change::Dropped);
            }
            self.visit_stmt(statement);
        }
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::If(branch) => {
                self.condition(&branch.cond, &["true", "false"]);
                self.visit_block(&branch.then_branch);
                if let Some((_, other)) = &branch.else_branch {
                    self.visit_expr(other);
                }
            }
            Expr::While(round) => {
                self.condition(&round.cond, &["false"]);
                self.visit_block(&round.body);
            }
            Expr::Match(choice) => {
                self.visit_expr(&choice.expr);
                self.arms(&choice.arms);
            }
            // The length of an array is no place for a switch.
            Expr::Repeat(array) => self.visit_expr(&array.expr),
            Expr::Const(_) => {}
            _ => {
                match expression {
                    Expr::Binary(binary) => self.binary(expression, binary),
                    Expr::MethodCall(call) => self.method(expression, call),
                    Expr::Lit(literal) => self.literal(expression, &literal.lit),
                    // What says yes or no is replaced by that already.
                    Expr::Unary(_) | Expr::Macro(_) if self.is_replaced(expression) => {}
                    Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Not(_)) => {
                        let text = self.text(&*unary.expr).to_owned();
                        self.instead(expression, &text);
                    }
                    Expr::Macro(call) if call.mac.path.is_ident("matches") => {
                        let text = format!("!{}", self.text(expression));
                        self.instead(expression, &text);
                    }
                    Expr::Path(path) => {
                        let last = path.path.segments.last().map(|last| last.ident.to_string());
                        let constant = self.constants.iter().find(|one| Some(&one.name) == last.as_ref());
                        for change in constant.map_or(&[][..], |one| &one.changed) {
                            let text = format!("{} {change}", self.text(expression));
                            self.instead(expression, &text);
                        }
                    }
                    _ => {}
                }
                visit::visit_expr(self, expression);
            }
        }
    }

    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
}

fn does_something(expression: &Expr) -> bool {
    match expression {
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Await(_) | Expr::Assign(_) => true,
        Expr::Try(inner) => does_something(&inner.expr) || matches!(&*inner.expr, Expr::Path(_)),
        Expr::Binary(binary) => matches!(
            binary.op,
            BinOp::AddAssign(_) | BinOp::SubAssign(_) | BinOp::MulAssign(_) | BinOp::BitOrAssign(_)
        ),
        _ => false,
    }
}
