wsclose 1
role server
# The application closes twice, without a code the second time, while a message is on its way to it.
app close 1000
> text "under way"
app close
