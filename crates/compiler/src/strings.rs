//! f-strings and t-strings.

use taipan_bytecode::{Const, Op};
use taipan_syntax::ast::{self, ConversionFlag, FStringPart, InterpolatedElement, InterpolatedStringElement};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::tree::without_comments;
use crate::unit::{Reg, TEMP};

/// A piece of a formatted string.
enum Piece<'a> {
    Text(Vec<u8>),
    Field(&'a InterpolatedElement, bool),
}

impl<'a> Compiler<'a> {
    pub fn fstring(&mut self, f: &'a ast::ExprFString, dst: Reg) -> R<()> {
        let mut pieces = Vec::new();
        for part in f.value.iter() {
            match part {
                FStringPart::Literal(s) => push_text(&mut pieces, self.tree.string_piece(s)),
                FStringPart::FString(f) => {
                    let raw = f.flags.prefix().is_raw();
                    self.pieces(&f.elements, raw, false, &mut pieces);
                }
            }
        }
        self.join(pieces, dst)
    }

    fn pieces(
        &self,
        elements: &'a ast::InterpolatedStringElements,
        raw: bool,
        in_spec: bool,
        out: &mut Vec<Piece<'a>>,
    ) {
        for element in elements.iter() {
            match element {
                InterpolatedStringElement::Literal(l) => push_text(out, self.tree.middle(l, raw, in_spec)),
                InterpolatedStringElement::Interpolation(i) => {
                    if let Some(debug) = &i.debug_text {
                        push_text(out, without_comments(debug.as_str()).into_bytes());
                    }
                    out.push(Piece::Field(i, raw));
                }
            }
        }
    }

    fn join(&mut self, mut pieces: Vec<Piece<'a>>, dst: Reg) -> R<()> {
        let depth = self.unit().depth;
        match &mut pieces[..] {
            [] => {
                self.load_const(dst, Const::str(""));
                return Ok(());
            }
            [Piece::Text(text)] => {
                let text = std::mem::take(text);
                self.load_const(dst, Const::Str(text.into()));
                return Ok(());
            }
            [Piece::Field(i, raw)] => {
                let (i, raw) = (*i, *raw);
                return self.field(i, raw, dst);
            }
            _ => {}
        }
        let base = self.u().top();
        let mut count = 0;
        for piece in pieces {
            if count == 250 {
                // Long ones are joined as they come.
                self.emit(Op::BuildString, 0, base, base, count);
                self.u().depth = depth + 1;
                count = 1;
            }
            let t = self.u().take();
            match piece {
                Piece::Text(text) => self.load_const(t, Const::Str(text.into())),
                Piece::Field(i, raw) => self.field(i, raw, t)?,
            }
            count += 1;
        }
        self.emit(Op::BuildString, 0, dst, base, count);
        self.u().depth = depth;
        Ok(())
    }

    fn conversion(i: &InterpolatedElement) -> u8 {
        match i.conversion {
            ConversionFlag::None if i.debug_text.is_some() && i.format_spec.is_none() => 2,
            ConversionFlag::None => 0,
            ConversionFlag::Str => 1,
            ConversionFlag::Repr => 2,
            ConversionFlag::Ascii => 3,
        }
    }

    /// A formatted field, into `dst`.
    fn field(&mut self, i: &'a InterpolatedElement, raw: bool, dst: Reg) -> R<()> {
        let saved = self.at(Span::of(i));
        let depth = self.unit().depth;
        let x = Self::conversion(i);
        match &i.format_spec {
            None => {
                let r = self.operand(&i.expression)?;
                self.emit(Op::FormatSimple, x, dst, r, 0);
            }
            Some(spec) => {
                // The conversion happens before the spec is evaluated, but nobody can tell: only the spec's own
                // fields could, and they see the same values.
                let r = self.operand_before_spec(i)?;
                let mut pieces = Vec::new();
                self.pieces(&spec.elements, raw, true, &mut pieces);
                let s = self.u().take();
                self.join(pieces, s)?;
                self.emit(Op::FormatValue, x, dst, r, s);
            }
        }
        self.u().depth = depth;
        self.at(saved);
        Ok(())
    }

    fn operand_before_spec(&mut self, i: &'a InterpolatedElement) -> R<Reg> {
        let simple = i.format_spec.as_ref().is_none_or(|s| {
            s.elements.iter().all(|e| match e {
                InterpolatedStringElement::Literal(_) => true,
                InterpolatedStringElement::Interpolation(i) => i.expression.is_name_expr(),
            })
        });
        if simple { self.operand(&i.expression) } else { self.push(&i.expression) }
    }

    pub fn tstring(&mut self, t: &'a ast::ExprTString, dst: Reg) -> R<()> {
        let mut pieces = Vec::new();
        for part in t.value.iter() {
            let raw = part.flags.prefix().is_raw();
            self.pieces(&part.elements, raw, false, &mut pieces);
        }
        // Strings and interpolations alternate, strings at both ends.
        let mut strings: Vec<Const> = Vec::new();
        let mut fields = Vec::new();
        let mut text: Vec<u8> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(more) => text.extend(more),
                Piece::Field(i, raw) => {
                    strings.push(Const::Str(std::mem::take(&mut text).into()));
                    fields.push((i, raw));
                }
            }
        }
        strings.push(Const::Str(text.into()));
        let depth = self.unit().depth;
        let s = self.u().take();
        self.load_const(s, Const::Tuple(strings));
        let base = self.u().top();
        let n = fields.len();
        if n > 0x4000 {
            return self.err("too many interpolations in a template string", Span::of(t));
        }
        for (i, raw) in fields {
            let saved = self.at(Span::of(i));
            let at = self.push(&i.expression)?;
            let source = self.tree.interpolation_text(i);
            let name = self.u().take();
            self.u().load_str(name, &source);
            let mut count = 2;
            if let Some(spec) = &i.format_spec {
                let mut pieces = Vec::new();
                self.pieces(&spec.elements, raw, true, &mut pieces);
                let t = self.u().take();
                self.join(pieces, t)?;
                count = 3;
            }
            self.emit(Op::BuildInterpolation, Self::conversion(i), at, at, count);
            self.u().depth = (at & !TEMP) + 1;
            self.at(saved);
        }
        self.emit(Op::BuildTuple, 0, base, base, n as u32);
        self.emit(Op::BuildTemplate, 0, dst, s, base);
        self.u().depth = depth;
        Ok(())
    }
}

fn push_text(pieces: &mut Vec<Piece<'_>>, text: Vec<u8>) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        last.extend(text);
        return;
    }
    pieces.push(Piece::Text(text));
}
