wsclose 1
role client
# The server still sends messages before it answers.
app close 1000
> text "one"
> text "t" fin=0
> continuation "wo"
> close 1000
> fin
