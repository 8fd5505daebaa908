{-# LANGUAGE OverloadedStrings #-}
-- Echo server on websockets.
-- Of closing, the program does only this: the text close:CODE:REASON calls sendCloseCode with them, or sendClose
-- where CODE is empty, and what that throws is dropped; it reads on until the library throws, which it takes for the
-- end. Answering a Close and closing TCP are the library's.
module Main (main) where

import Control.Exception (SomeException, handle)
import Control.Monad (forever)
import qualified Data.ByteString.Lazy as B
import qualified Data.ByteString.Lazy.Char8 as C
import qualified Network.WebSockets as WS
import System.Environment (getArgs)
import System.IO (hFlush, stdout)

main :: IO ()
main = do
  [port] <- getArgs
  putStrLn "listening" >> hFlush stdout
  WS.runServer "127.0.0.1" (read port) (handle over . echo)

echo :: WS.PendingConnection -> IO ()
echo pending = do
  connection <- WS.acceptRequest pending
  forever $ do
    message <- WS.receiveDataMessage connection
    case message of
      WS.Text octets _ | Just asked <- B.stripPrefix "close:" octets -> handle over (close connection asked)
      _ -> handle over (WS.sendDataMessage connection message)

close :: WS.Connection -> B.ByteString -> IO ()
close connection asked = case C.readInt code of
  Just (number, "") -> WS.sendCloseCode connection (fromIntegral number) (B.drop 1 reason)
  _ -> WS.sendClose connection (B.drop 1 reason)
  where
    (code, reason) = C.break (== ':') asked

-- Refused, or at its end: the connection stays as the library left it.
over :: SomeException -> IO ()
over _ = return ()
