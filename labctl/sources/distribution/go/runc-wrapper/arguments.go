package main

import (
	"path/filepath"
	"strings"
)

// globalWithValue are runc's options before the command that take their value from the next argument.
var globalWithValue = map[string]bool{"root": true, "log": true, "log-format": true, "criu": true, "rootless": true}

// configToAdapt returns the file that holds the process which the given runc command starts: the bundle's
// config.json for create and run, the process file for exec; "" for every other command.
func configToAdapt(args []string) string {
	command, rest := splitCommand(args)
	switch command {
	case "create", "run":
		return filepath.Join(optionValue(rest, "bundle", "b"), "config.json")
	case "exec":
		return optionValue(rest, "process", "p")
	}
	return ""
}

// splitCommand leaves runc's global options aside and returns the command and what follows it.
func splitCommand(args []string) (string, []string) {
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			return args[i], args[i+1:]
		}
		if globalWithValue[strings.TrimLeft(args[i], "-")] {
			i++
		}
	}
	return "", nil
}

// optionValue returns the value of an option that is given as --name VALUE, --name=VALUE or with one dash; "" if it
// is not given before "--".
func optionValue(args []string, names ...string) string {
	for i, arg := range args {
		if arg == "--" {
			return ""
		}
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		for _, wanted := range names {
			switch {
			case name != wanted:
			case inline:
				return value
			case i+1 < len(args):
				return args[i+1]
			}
		}
	}
	return ""
}
