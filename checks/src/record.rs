//! Macros that declare rows and state words once: the struct, its field table, its JSON and its documentation.

/// Declares a row: a struct whose every field is a [`Column`](crate::cell::Column).
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])* pub $field:ident : $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $type, )*
        }

        impl $crate::table::Record for $name {
            const FIELDS: &'static [$crate::cell::FieldSpec] = &[
                $( $crate::cell::FieldSpec {
                    name: $crate::cell::field_name(stringify!($field)),
                    kind: <$type as $crate::cell::Column>::KIND,
                    doc: concat!($($field_doc,)* ""),
                }, )*
            ];

            fn field_at(&self, field: usize) -> $crate::cell::Cell<'_> {
                let mut index = 0;
                $(
                    if field == index {
                        return $crate::cell::Column::cell(&self.$field);
                    }
                    index += 1;
                )*
                let _ = index;
                $crate::cell::Cell::Absent
            }
        }

        impl $crate::cell::Column for $name {
            const KIND: $crate::cell::Kind =
                $crate::cell::Kind::Record(<$name as $crate::table::Record>::FIELDS);
            fn cell(&self) -> $crate::cell::Cell<'_> {
                $crate::cell::Cell::Record(vec![
                    $( ($crate::cell::field_name(stringify!($field)), $crate::cell::Column::cell(&self.$field)), )*
                ])
            }
        }
    };
}

/// Declares a closed set of lower-case words. `Unknown` is the default and equals nothing that a phrase can say.
macro_rules! words {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $( $(#[doc = $word_doc:literal])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            /// Not printed, or a word that is not known.
            #[default]
            Unknown,
            $( $(#[doc = $word_doc])* $variant, )*
        }

        impl $name {
            /// Every word, `unknown` left out.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as in phrases and JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::Unknown => "unknown",
                    $( Self::$variant => $word, )*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::cell::Column for $name {
            const KIND: $crate::cell::Kind = $crate::cell::Kind::Word(Self::WORDS);
            fn cell(&self) -> $crate::cell::Cell<'_> {
                match self {
                    Self::Unknown => $crate::cell::Cell::Absent,
                    known => $crate::cell::Cell::Word(known.as_str()),
                }
            }
        }
    };
}
