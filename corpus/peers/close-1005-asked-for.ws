wsclose 1
role server
# An application asks for 1005, which no endpoint sends: some libraries write it.
app close 1005
