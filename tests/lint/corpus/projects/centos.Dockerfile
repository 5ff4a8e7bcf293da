FROM centos:7
RUN yum update && yum install epel-release
RUN yum install -y nginx
RUN service nginx start
ADD nginx.conf /etc/nginx/nginx.conf
ADD site.tgz /var/www/
EXPOSE 80
CMD service nginx start && tail -f /var/log/nginx/access.log
