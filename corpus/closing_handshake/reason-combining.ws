wsclose 1
role server
# A combining mark, with white space around the reason, and two lines.
> close 1000 " é "
wait 1
> fin
connect
> close 1000 "one\ntwo"
wait 1
> fin
