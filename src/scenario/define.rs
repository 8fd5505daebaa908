//! Defines the parameters of a scenario from one table.

/// Defines an enum for each parameter, and everything that ranges over all parameters: [`Parameter`], [`Parameters`] and
/// [`Partial`]. The first value of a parameter is its default.
///
/// [`Parameter`]: super::parameters::Parameter
/// [`Parameters`]: super::parameters::Parameters
/// [`Partial`]: super::parameters::Partial
macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $field:ident {
            $($value:ident $slug:literal $sentence:literal)+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
            #[cfg_attr(feature = "bolero", derive(bolero_generator::TypeGenerator))]
            pub enum $name {
                #[default]
                $(#[doc = $sentence] $value,)+
            }

            impl $name {
                /// Every value, in the order of the table; the first one is the default.
                pub const ALL: [$name; [$($slug),+].len()] = [$($name::$value),+];

                /// The name in scenario names, unique among the values of all parameters.
                pub const fn slug(self) -> &'static str {
                    match self { $($name::$value => $slug,)+ }
                }

                /// The value as a sentence.
                pub const fn sentence(self) -> &'static str {
                    match self { $($name::$value => $sentence,)+ }
                }
            }
        )+

        /// A parameter of a scenario.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Parameter {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Parameter {
            /// Every parameter, in the order of the table.
            pub const ALL: [Parameter; [$(stringify!($field)),+].len()] = [$(Parameter::$name),+];

            /// The number of its values.
            pub const fn levels(self) -> usize {
                match self { $(Parameter::$name => $name::ALL.len(),)+ }
            }

            /// The slug of a value, by its index in the table.
            ///
            /// # Panics
            /// If the parameter has fewer values.
            pub const fn slug(self, level: usize) -> &'static str {
                match self { $(Parameter::$name => $name::ALL[level].slug(),)+ }
            }

            /// The sentence of a value, by its index in the table.
            ///
            /// # Panics
            /// If the parameter has fewer values.
            pub const fn sentence(self, level: usize) -> &'static str {
                match self { $(Parameter::$name => $name::ALL[level].sentence(),)+ }
            }
        }

        /// A value for every parameter. Not every combination is a scenario.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[cfg_attr(feature = "bolero", derive(bolero_generator::TypeGenerator))]
        pub struct Parameters {
            $($(#[doc = $doc])+ pub $field: $name,)+
        }

        impl Parameters {
            /// The index of each value in the table.
            pub const fn levels(&self) -> [u8; Parameter::ALL.len()] {
                [$(self.$field as u8),+]
            }
        }

        /// A value for some of the parameters.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Partial {
            $($(#[doc = $doc])+ pub $field: Option<$name>,)+
        }

        impl Partial {
            /// Sets a parameter to a value, by its index in the table, or to none.
            ///
            /// # Panics
            /// If the parameter has fewer values.
            pub fn set(&mut self, parameter: Parameter, level: Option<usize>) {
                match parameter {
                    $(Parameter::$name => self.$field = level.map(|level| $name::ALL[level]),)+
                }
            }

            /// Whether the parameter has a value.
            pub const fn is_set(&self, parameter: Parameter) -> bool {
                match parameter {
                    $(Parameter::$name => self.$field.is_some(),)+
                }
            }

            /// The parameters, if each has a value.
            pub fn complete(&self) -> Option<Parameters> {
                Some(Parameters { $($field: self.$field?,)+ })
            }
        }

        impl From<Parameters> for Partial {
            fn from(parameters: Parameters) -> Partial {
                Partial { $($field: Some(parameters.$field),)+ }
            }
        }
    };
}

pub(super) use parameters;
