//! A recogniser for the part of the Lark grammar language that `docs/nda.lark` is written in, so that the grammar which
//! users are given is the one that is held against the parser: a table of rules and an Earley chart, nothing else.
//!
//! Understood: rules `name: a | b` over several lines, `"literal"`, `NAME`, `( )`, `[ ]`, `*`, `+`, terminals
//! `NAME.priority: /regex/`, `%ignore NAME`, comments `//`. Tokens are the longest match; of equal ones a literal.

use regex::Regex;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A grammar, ready to recognise texts.
#[derive(Debug)]
pub struct Grammar {
    /// For each rule its alternatives.
    rules: Vec<Vec<Vec<Symbol>>>,
    nullable: Vec<bool>,
    start: usize,
    literals: Vec<String>,
    terminals: Vec<(Regex, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Symbol {
    Rule(usize),
    /// A literal, or a terminal after all literals.
    Token(usize),
}

/// What a grammar's text is cut into.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    Name(String),
    Literal(String),
    Mark(char),
}

#[derive(Default)]
struct Reader {
    rules: Vec<Vec<Vec<Symbol>>>,
    by_name: HashMap<String, usize>,
    literals: Vec<String>,
    terminals: BTreeMap<String, usize>,
}

impl Grammar {
    /// Reads a grammar; its rule `start` is where texts begin.
    ///
    /// # Panics
    /// Where the text is no grammar of the part of Lark that is understood.
    #[must_use]
    pub fn read(text: &str) -> Grammar {
        let mut definitions: Vec<(String, String)> = Vec::new();
        let mut patterns: Vec<(String, Regex)> = Vec::new();
        let mut ignored: Vec<String> = Vec::new();
        for line in text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with("//")) {
            if let Some(name) = line.strip_prefix("%ignore ") {
                ignored.push(name.to_owned());
            } else if line.starts_with(char::is_whitespace) {
                let (_, body) = definitions.last_mut().expect("a rule before what goes on with it");
                body.push_str(line);
            } else {
                let (name, body) = line.split_once(':').expect("name: definition");
                let name = name.split('.').next().unwrap_or(name).to_owned();
                match body.trim().strip_prefix('/').and_then(|b| b.strip_suffix('/')) {
                    Some(pattern) => {
                        let pattern = Regex::new(&format!("^(?:{pattern})")).expect("a regular expression");
                        patterns.push((name, pattern));
                    }
                    None => definitions.push((name, body.to_owned())),
                }
            }
        }
        let mut reader = Reader::default();
        for (name, _) in &definitions {
            let index = reader.new_rule();
            reader.by_name.insert(name.clone(), index);
        }
        for (i, (name, _)) in patterns.iter().enumerate() {
            reader.terminals.insert(name.clone(), i);
        }
        for (name, body) in &definitions {
            let words = words(body);
            let mut at = 0;
            let alternatives = reader.alternatives(&words, &mut at);
            assert_eq!(at, words.len(), "rule {name}: {:?}", words.get(at));
            let index = reader.by_name[name];
            reader.rules[index] = alternatives;
        }
        let terminals = patterns.into_iter().map(|(name, p)| (p, ignored.contains(&name))).collect();
        reader.finish(terminals)
    }

    /// Whether `text` is one of the grammar.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        self.tokens(text).is_some_and(|tokens| self.recognise(&tokens))
    }

    /// The tokens of a text, ignored ones left out; `None` where nothing matches.
    fn tokens(&self, text: &str) -> Option<Vec<usize>> {
        let mut out = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let literal = self.literals.iter().enumerate().filter(|(_, l)| rest.starts_with(l.as_str()));
            let literal = literal.map(|(i, l)| (l.len(), true, i)).max();
            let terminals = self.terminals.iter().enumerate();
            let terminal = terminals
                .filter_map(|(i, (p, _))| Some((p.find(rest)?.end(), false, self.literals.len() + i)))
                .max();
            let (len, is_literal, token) = literal.max(terminal)?;
            if is_literal || !self.terminals[token - self.literals.len()].1 {
                out.push(token);
            }
            rest = &rest[len..];
        }
        Some(out)
    }

    /// Earley's algorithm, with completions of empty rules done when they are predicted.
    fn recognise(&self, tokens: &[usize]) -> bool {
        let mut chart: Vec<Vec<Item>> = Vec::with_capacity(tokens.len() + 1);
        // For each place, the items that wait there for a rule.
        let mut waiting: Vec<HashMap<usize, Vec<Item>>> = Vec::new();
        let mut next: Vec<Item> = Vec::new();
        for (i, _) in self.rules[self.start].iter().enumerate() {
            next.push(Item { rule: self.start, alternative: i, dot: 0, from: 0 });
        }
        for at in 0..=tokens.len() {
            let mut items = std::mem::take(&mut next);
            let mut seen: HashSet<Item> = items.iter().copied().collect();
            waiting.push(HashMap::new());
            let mut done = 0;
            while done < items.len() {
                let item = items[done];
                done += 1;
                let mut add = |item: Item| {
                    if seen.insert(item) {
                        items.push(item);
                    }
                };
                match self.rules[item.rule][item.alternative].get(item.dot) {
                    Some(&Symbol::Token(token)) => {
                        if tokens.get(at) == Some(&token) {
                            next.push(item.moved());
                        }
                    }
                    Some(&Symbol::Rule(rule)) => {
                        for (i, _) in self.rules[rule].iter().enumerate() {
                            add(Item { rule, alternative: i, dot: 0, from: at });
                        }
                        if self.nullable[rule] {
                            add(item.moved());
                        }
                        waiting[at].entry(rule).or_default().push(item);
                    }
                    None => {
                        if item.from == at {
                            // Empty: whoever waits has been moved when it was predicted.
                            continue;
                        }
                        for waiter in waiting[item.from].get(&item.rule).into_iter().flatten() {
                            add(waiter.moved());
                        }
                    }
                }
            }
            chart.push(items);
        }
        chart[tokens.len()].iter().any(|item| {
            item.rule == self.start
                && item.from == 0
                && item.dot == self.rules[item.rule][item.alternative].len()
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Item {
    rule: usize,
    alternative: usize,
    dot: usize,
    from: usize,
}

impl Item {
    fn moved(self) -> Item {
        Item { dot: self.dot + 1, ..self }
    }
}

impl Reader {
    fn new_rule(&mut self) -> usize {
        self.rules.push(Vec::new());
        self.rules.len() - 1
    }

    fn alternatives(&mut self, words: &[Word], at: &mut usize) -> Vec<Vec<Symbol>> {
        let mut out = vec![Vec::new()];
        while let Some(word) = words.get(*at) {
            match word {
                Word::Mark('|') => out.push(Vec::new()),
                Word::Mark(')' | ']') => break,
                _ => {
                    let symbol = self.symbol(words, at);
                    let symbol = self.repeated(symbol, words.get(*at + 1), at);
                    out.last_mut().expect("never empty").push(symbol);
                }
            }
            *at += 1;
        }
        out
    }

    /// The symbol at `at`, which is left at its last word.
    fn symbol(&mut self, words: &[Word], at: &mut usize) -> Symbol {
        match &words[*at] {
            Word::Literal(text) => {
                let known = self.literals.iter().position(|l| l == text);
                Symbol::Token(known.unwrap_or_else(|| {
                    self.literals.push(text.clone());
                    self.literals.len() - 1
                }))
            }
            // Terminals come after the literals, of which not all are known yet.
            Word::Name(name) => match (self.by_name.get(name), self.terminals.get(name)) {
                (Some(&rule), _) => Symbol::Rule(rule),
                (None, Some(&terminal)) => Symbol::Token(usize::MAX - terminal),
                (None, None) => panic!("{name} is not defined"),
            },
            Word::Mark(open @ ('(' | '[')) => {
                *at += 1;
                let mut alternatives = self.alternatives(words, at);
                if *open == '[' {
                    alternatives.push(Vec::new());
                }
                let rule = self.new_rule();
                self.rules[rule] = alternatives;
                Symbol::Rule(rule)
            }
            Word::Mark(other) => panic!("`{other}` where a symbol should be"),
        }
    }

    /// `symbol*` and `symbol+` as rules that repeat to the left.
    fn repeated(&mut self, symbol: Symbol, mark: Option<&Word>, at: &mut usize) -> Symbol {
        let first = match mark {
            Some(Word::Mark('*')) => Vec::new(),
            Some(Word::Mark('+')) => vec![symbol],
            _ => return symbol,
        };
        *at += 1;
        let rule = self.new_rule();
        self.rules[rule] = vec![first, vec![Symbol::Rule(rule), symbol]];
        Symbol::Rule(rule)
    }

    fn finish(self, terminals: Vec<(Regex, bool)>) -> Grammar {
        let mut rules = self.rules;
        for symbol in rules.iter_mut().flatten().flatten() {
            if let Symbol::Token(token) = symbol
                && *token >= self.literals.len()
            {
                *token = self.literals.len() + (usize::MAX - *token);
            }
        }
        let mut nullable = vec![false; rules.len()];
        loop {
            let mut changed = false;
            for (rule, alternatives) in rules.iter().enumerate() {
                let empty = |s: &Symbol| matches!(s, Symbol::Rule(r) if nullable[*r]);
                if !nullable[rule] && alternatives.iter().any(|a| a.iter().all(empty)) {
                    nullable[rule] = true;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        Grammar { rules, nullable, start: self.by_name["start"], literals: self.literals, terminals }
    }
}

fn words(body: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let mut text = String::new();
                loop {
                    match chars.next().expect("a literal that ends") {
                        '"' => break,
                        '\\' => text.extend(chars.next()),
                        c => text.push(c),
                    }
                }
                out.push(Word::Literal(text));
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                out.push(Word::Name(name));
            }
            c if c.is_whitespace() => {}
            c => out.push(Word::Mark(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_by_hand() {
        let g = Grammar::read(
            "start: item* [\"end\"]\nitem: NAME (\"+\" | \"-\")+ \";\"\nNAME: /[a-z]+/\nS: / /\n%ignore S\n",
        );
        for yes in ["", "end", "a + ;", "ends +-+; b-; end"] {
            assert!(g.accepts(yes), "{yes}");
        }
        for no in ["a;", "end end", "a +", "A+;", "end a+;"] {
            assert!(!g.accepts(no), "{no}");
        }
    }
}
