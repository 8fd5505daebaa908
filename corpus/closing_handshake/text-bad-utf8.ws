wsclose 1
role server
# A text message that is not UTF-8.
> text hex:eda080
wait 2
> fin
