//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::hosts::Hosts;

/// The port when none is named.
pub const DEFAULT_PORT: u16 = 4640;

/// What `--help` prints.
pub const HELP: &str = "\
hogback shows the events and exceptions that PostHog clients send, on your own machine.

Usage: hogback [OPTIONS]

Then point a client at it (host http://localhost:4640, any project token) and open that address in a browser.

Options:
      --port P              Listen on this port of 127.0.0.1 and ::1 [default: 4640; 0 takes a free one]
      --data-dir DIR        Keep the events here [default: $XDG_DATA_HOME/hogback or ~/.local/share/hogback]
      --posthog-js-dir DIR  Serve posthog-js's own files from here, normally node_modules/posthog-js/dist
      --allow-host NAME     Answer to this host name too, for example a compose service; may be repeated
  -h, --help                Print this
  -V, --version             Print the version
";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// Serve until a signal comes.
    Serve(Options),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// How to serve.
#[derive(Debug)]
pub struct Options {
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// Where the events are kept.
    pub data_dir: PathBuf,
    /// Where posthog-js's files are.
    pub posthog_js_dir: Option<PathBuf>,
    /// The names to answer to.
    pub hosts: Hosts,
}

impl Command {
    /// Reads the arguments after the program's name. `variable` looks up an environment variable. The error says what
    /// is wrong and what to do.
    pub fn read(
        arguments: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, String> {
        let (mut port, mut data_dir, mut posthog_js_dir) = (DEFAULT_PORT, None, None);
        let mut hosts = Hosts::default();
        let mut arguments = Arguments {
            rest: arguments.into_iter(),
            inline: None,
        };
        while let Some(flag) = arguments.flag()? {
            match flag.as_str() {
                "-h" | "--help" => return Ok(Self::Help),
                "-V" | "--version" => return Ok(Self::Version),
                "--port" => port = read_port(&arguments.value(&flag)?)?,
                "--data-dir" => data_dir = Some(PathBuf::from(arguments.value(&flag)?)),
                "--posthog-js-dir" => {
                    posthog_js_dir = Some(read_directory(&flag, arguments.value(&flag)?)?);
                }
                "--allow-host" => hosts = hosts.allow(&read_name(&arguments.value(&flag)?)?),
                other => {
                    return Err(format!(
                        "there is no option {other}: hogback --help lists them"
                    ));
                }
            }
            if arguments.inline.is_some() {
                return Err(format!("the option {flag} takes no value"));
            }
        }
        let data_dir = match data_dir {
            Some(dir) => dir,
            None => default_data_dir(variable).ok_or(
                "there is no place for the events: set HOME or XDG_DATA_HOME, or name a directory with --data-dir DIR",
            )?,
        };
        Ok(Self::Serve(Options {
            port,
            data_dir,
            posthog_js_dir,
            hosts,
        }))
    }
}

/// Splits `--flag=value`, and otherwise takes the next argument as the value.
struct Arguments<I> {
    rest: I,
    inline: Option<OsString>,
}

impl<I: Iterator<Item = OsString>> Arguments<I> {
    fn flag(&mut self) -> Result<Option<String>, String> {
        let Some(argument) = self.rest.next() else {
            return Ok(None);
        };
        let Some(text) = argument.to_str() else {
            return Err(format!(
                "cannot read the argument {}",
                argument.to_string_lossy()
            ));
        };
        if !text.starts_with('-') {
            return Err(format!(
                "{text:?} is not an option: hogback --help lists them"
            ));
        }
        match text.split_once('=') {
            Some((flag, value)) => {
                self.inline = Some(value.into());
                Ok(Some(flag.to_owned()))
            }
            None => Ok(Some(text.to_owned())),
        }
    }

    fn value(&mut self, flag: &str) -> Result<OsString, String> {
        let value = self
            .inline
            .take()
            .or_else(|| self.rest.next())
            .filter(|value| !value.is_empty());
        value.ok_or_else(|| format!("the option {flag} needs a value: hogback --help shows how"))
    }
}

fn read_port(value: &OsString) -> Result<u16, String> {
    let port = value.to_str().and_then(|value| value.parse().ok());
    port.ok_or_else(|| {
        format!(
            "--port must be a number from 0 to 65535, not {}",
            value.to_string_lossy()
        )
    })
}

fn read_directory(flag: &str, value: OsString) -> Result<PathBuf, String> {
    let path = PathBuf::from(value);
    if path.is_dir() {
        Ok(path)
    } else {
        Err(format!(
            "{flag} must name a directory; {} is none",
            path.display()
        ))
    }
}

fn read_name(value: &OsString) -> Result<String, String> {
    let usable = |name: &&str| {
        !name.contains(['/', ':', ' ', '*']) || (name.starts_with('[') && name.ends_with(']'))
    };
    value
        .to_str()
        .filter(usable)
        .map(str::to_owned)
        .ok_or_else(|| {
            format!(
                "--allow-host takes a name without scheme or port, not {}",
                value.to_string_lossy()
            )
        })
}

fn default_data_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The specification of that variable says to pass over relative paths.
    let data_home = variable("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || {
        variable("HOME")
            .filter(|home| !home.is_empty())
            .map(|home| PathBuf::from(home).join(".local/share"))
    };
    Some(data_home.or_else(home)?.join("hogback"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Command, String> {
        Command::read(arguments.iter().map(OsString::from), |name| {
            (name == "HOME").then(|| "/home/ada".into())
        })
    }

    fn serve(arguments: &[&str]) -> Options {
        match read(arguments).unwrap() {
            Command::Serve(options) => options,
            other => panic!("not a command to serve: {other:?}"),
        }
    }

    #[test]
    fn without_arguments_it_serves_on_the_default_port() {
        let options = serve(&[]);
        assert_eq!(options.port, 4640);
        assert_eq!(
            options.data_dir,
            PathBuf::from("/home/ada/.local/share/hogback")
        );
    }

    #[test]
    fn the_data_directory_follows_the_environment() {
        let dir = |pairs: &'static [(&str, &str)]| {
            default_data_dir(move |name| {
                pairs
                    .iter()
                    .find(|pair| pair.0 == name)
                    .map(|pair| pair.1.into())
            })
        };
        assert_eq!(
            dir(&[("XDG_DATA_HOME", "/data"), ("HOME", "/h")]),
            Some("/data/hogback".into())
        );
        assert_eq!(
            dir(&[("XDG_DATA_HOME", "data"), ("HOME", "/h")]),
            Some("/h/.local/share/hogback".into())
        );
        assert_eq!(dir(&[]), None);
    }

    #[test]
    fn values_may_follow_an_equals_sign() {
        let options = serve(&["--port=0", "--data-dir", "/tmp/x", "--allow-host=inspector"]);
        assert_eq!(options.port, 0);
        assert_eq!(options.data_dir, PathBuf::from("/tmp/x"));
        assert!(options.hosts.allows("inspector:4640"));
    }

    #[test]
    fn a_mistake_is_named() {
        for (arguments, hint) in [
            (&["--prot", "1"][..], "no option --prot"),
            (&["4640"], "not an option"),
            (&["--port"], "needs a value"),
            (&["--port", "70000"], "65535"),
            (&["--data-dir="], "needs a value"),
            (&["--posthog-js-dir", "/does/not/exist"], "/does/not/exist"),
            (&["--allow-host", "http://x"], "without scheme"),
        ] {
            let error = read(arguments).unwrap_err();
            assert!(error.contains(hint), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn help_names_every_option() {
        for option in [
            "--port",
            "--data-dir",
            "--posthog-js-dir",
            "--allow-host",
            "--help",
            "--version",
        ] {
            assert!(HELP.contains(option), "{option}");
        }
    }
}
