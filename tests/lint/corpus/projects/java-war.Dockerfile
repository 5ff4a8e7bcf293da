FROM tomcat:9
COPY lib.tar.gz target/app.war /tmp
RUN tar -xf /tmp/lib.tar.gz -C /usr/local/tomcat/lib && mv /tmp/app.war /usr/local/tomcat/webapps
EXPOSE 8080 80443
USER root
CMD catalina.sh run
