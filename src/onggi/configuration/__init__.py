"""Files that people write settings in: values that know their lines, tables of keys, and what is wrong with both."""
