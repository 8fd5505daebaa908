wsclose 1
role server
# The application closes twice, the second time without a code, while a message is arriving.
app close 1000
> text "under way"
app close
