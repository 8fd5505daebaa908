// Echo server on the WebSocket implementation of Tomcat 10, in an embedded Tomcat.
// Closing behavior of the program: on the text close:CODE:REASON it calls Session.close(CloseReason), or close() if
// CODE is empty, and ignores exceptions. The library replies to a Close, fails connections and closes TCP.
import jakarta.servlet.ServletContext;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.logging.LogManager;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

class JavaTomcat {
    public static class Echo extends Endpoint {
        @Override
        public void onOpen(Session session, EndpointConfig config) {
            session.addMessageHandler(String.class, (MessageHandler.Whole<String>) text -> text(session, text));
            session.addMessageHandler(ByteBuffer.class, (MessageHandler.Whole<ByteBuffer>) octets -> {
                try {
                    session.getBasicRemote().sendBinary(octets);
                } catch (IOException | IllegalStateException broken) {
                    // The connection is closed.
                }
            });
        }

        @Override
        public void onError(Session session, Throwable broken) {}

        private static void text(Session session, String text) {
            try {
                if (!text.startsWith("close:")) {
                    session.getBasicRemote().sendText(text);
                    return;
                }
                String[] command = text.substring("close:".length()).split(":", 2);
                if (command[0].isEmpty()) {
                    session.close();
                } else {
                    int code = Integer.parseInt(command[0]);
                    String reason = command.length > 1 ? command[1] : "";
                    session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code), reason));
                }
            } catch (IOException | RuntimeException refused) {
                // Call refused: the connection stays as the library left it.
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        File base = new File(".env/java-tomcat").getAbsoluteFile();  // For the empty work folder of Tomcat.
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.getPath());
        Connector connector = new Connector();
        connector.setProperty("address", "127.0.0.1");
        connector.setPort(Integer.parseInt(arguments[0]));
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", base.getPath());
        context.addServletContainerInitializer(new WsSci(), null);
        Tomcat.addServlet(context, "default", new org.apache.catalina.servlets.DefaultServlet());
        context.addServletMappingDecoded("/", "default");
        context.addServletContainerInitializer((classes, servlets) -> deploy(servlets), null);
        tomcat.start();
        System.out.println("listening");
        tomcat.getServer().await();
    }

    private static void deploy(ServletContext servlets) {
        try {
            ServerContainer container = (ServerContainer) servlets.getAttribute(ServerContainer.class.getName());
            container.addEndpoint(ServerEndpointConfig.Builder.create(Echo.class, "/").build());
        } catch (jakarta.websocket.DeploymentException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
