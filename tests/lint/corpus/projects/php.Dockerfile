FROM php:8.3-fpm
RUN apt-get update && apt-get install -y \
    libzip-dev \
    unzip \
 && docker-php-ext-install zip \
 && apt-get clean
COPY --from=composer /usr/bin/composer /usr/bin/composer
WORKDIR /var/www
COPY composer.json composer.lock /var/www
RUN composer install --no-dev
COPY . /var/www
RUN chown -R www-data:www-data /var/www
USER www-data
