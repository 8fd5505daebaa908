wsclose 1
role server
# An application asks for 999, which has no meaning: some libraries write it.
app close 999
