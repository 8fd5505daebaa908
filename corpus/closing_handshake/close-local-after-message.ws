wsclose 1
role server
# The application closes after a message arrived, and inside one that is arriving.
> text "hi"
wait 1
app close 4000 "bye"
wait 2
> fin
connect
> text "par" fin=0
wait 1
app close 4000 "bye"
wait 1
> close 4000
> fin
