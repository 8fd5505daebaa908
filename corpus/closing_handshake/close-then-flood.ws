wsclose 1
role server
# More data follows the Close in its segment than one read takes. The endpoint discards it and closes TCP by FIN.
> close 3333
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
> text "Data that follows a Close, and that an endpoint discards although it takes more than one read. ....." * 255 glue
wait 2
> fin
